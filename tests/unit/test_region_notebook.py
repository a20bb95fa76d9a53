"""The notebook that analysts begin with: it runs, from a console and from files, and is right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from deploy.console.views.cuts import answer, series
from deploy.console.views.figures import difference
from deploy.console.views.region import COUNTRIES
from deploy.exports.formats import FormatName, files_of
from deploy.exports.plain import Style
from tests.console.served import Served, served
from tests.console.world import snapshot
from tests.extras import library
from tests.published import trusting

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "region.ipynb"
MAIN = "VIC_IDENT"
LIMIT = 120
TOLD = """
import json
print("TOLD", json.dumps({name: json.loads(found.to_json(orient="records")) for name, found in
    {"year": year, "changes": changes, "through": through, "trends": trends}.items()}))
"""


@pytest.fixture(scope="module")
def console() -> Iterator[Served]:
    with served(snapshot()) as running:
        yield running


def run(source: str, monkeypatch: pytest.MonkeyPatch, trust: Path | None = None) -> tuple[Any, str]:
    """Runs the notebook; gives its tables, and all that it printed."""
    reading, client = library("nbformat", "dev"), library("nbclient", "dev")
    library("ipykernel", "dev")
    monkeypatch.setenv("SOUTHMED_SOURCE", source)
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[2]), prepend=":")
    if trust is not None:
        monkeypatch.setenv("SOUTHMED_TRUST", str(trust))
    notebook = reading.read(NOTEBOOK, as_version=4)
    notebook.cells.append(reading.v4.new_code_cell(TOLD))
    # Not by TCP, where anybody on the machine could listen.
    sockets = library("traitlets.config", "dev").Config({"KernelManager": {"transport": "ipc"}})
    client.NotebookClient(notebook, timeout=LIMIT, kernel_name="python3", config=sockets).execute()
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    assert [one.text for one in outputs if one.get("name") == "stderr"] == []
    assert sum("image/svg+xml" in one.get("data", {}) for one in outputs) == 2
    printed = "".join(one.text for one in outputs if one.get("name") == "stdout")
    text, _, told = printed.partition("TOLD ")
    return json.loads(told), text


@cache
def exported() -> dict[str, bytes]:
    """What ``southmed release export`` writes of everything that stands."""
    found: dict[str, bytes] = {}
    for release in snapshot().standing():
        found |= files_of(release, [FormatName.CSV, FormatName.SDMX_CSV], Style())
    return found


def _held_to_the_console(told: Any) -> None:
    """The notebook's numbers are those that the console's pages show."""
    sums = {(one["period"], one["REF_AREA"]): one for one in told["year"]}
    for (period, country), one in sums.items():
        figure = found_of(period).of(country)
        assert (one["value"], one["measurement"]) == (figure.value, figure.measurement)
        assert (one["lower"], one["upper"]) == (figure.lower, figure.upper)
        assert (one["unsure"], one["cells"]) == (figure.unsure, figure.cells)
    assert {country for _, country in sums} == set(COUNTRIES)
    for one in told["changes"]:
        now, before = (found_of(year).of(one["REF_AREA"]) for year in ("2023", "2022"))
        wanted = difference(now, before)
        assert (one["change"], one["band"]) == (wanted.change, wanted.band)
        assert one["beyond_noise"] == wanted.beyond_noise
    quarters = series(snapshot(), MAIN, "2024-Q4")
    points = {(one["period"], one["REF_AREA"]): one["measurement"] for one in told["through"]}
    assert points == {
        (one.period, country): one.of(country).measurement
        for one in quarters
        for country in COUNTRIES
    }


def found_of(period: str) -> Any:
    found = answer(snapshot(), MAIN, period)
    assert found is not None
    return found


def _trends_are_weighted_fits(told: Any) -> None:
    numpy = library("numpy", "dev")
    for one in told["trends"]:
        points = [p for p in told["through"] if p["REF_AREA"] == one["REF_AREA"]]
        at, y, band = (numpy.array([p[k] for p in points]) for k in ("at", "measurement", "band"))
        fit, known = numpy.polyfit(at, y, 1, w=1 / band, cov="unscaled")
        assert one["slope"] == pytest.approx(fit[0])
        assert one["first"] == pytest.approx(fit[1])
        by_noise = float(numpy.sqrt(known[0][0]))
        assert one["band"] == pytest.approx(by_noise * max(1.0, one["scatter"]))
        assert one["beyond_noise"] == (abs(one["slope"]) > one["band"])
    assert {one["REF_AREA"] for one in told["trends"]} == set(COUNTRIES)


@pytest.mark.slow
def test_from_a_console_it_computes_what_the_console_shows_and_verifies_it(
    console: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = tmp_path / "trust.json"
    trust.write_bytes(trusting().dump())
    told, printed = run(console.url, monkeypatch, trust)
    _held_to_the_console(told)
    _trends_are_weighted_fits(told)
    of = [one for one in snapshot().standing() if one.observations[0].INDICATOR == MAIN]
    assert f"{len(of)} releases verified" in printed


@pytest.mark.slow
def test_from_exported_files_it_computes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in exported().items():
        (tmp_path / name).write_bytes(content)
    told, printed = run(str(tmp_path), monkeypatch)
    _held_to_the_console(told)
    _trends_are_weighted_fits(told)
    assert "not verified here" in printed


def test_it_is_kept_without_outputs_and_asks_nobody_else() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(code) > 8
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert {part.split("/")[0].split(":")[0] for part in text.split("://")[1:]} == {"127.0.0.1"}
