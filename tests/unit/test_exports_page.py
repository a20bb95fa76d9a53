"""What ``docs/exports.md`` tells analysts: its columns, its numbers, and its lines of Python."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.consume.show import EVERY_COLUMN, Wanted, as_csv
from deploy.exports.formats import FORMATS, FormatName, files_of
from deploy.exports.plain import Style
from deploy.exports.rows import is_monthly
from tests.extras import library
from tests.published import releases, withdrawn

PAGE = (Path(__file__).parents[2] / "docs" / "exports.md").read_text("utf-8")
SPANS = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_page_names_every_column_and_every_format() -> None:
    assert set(EVERY_COLUMN) - set(SPANS) == set()
    for name, entry in FORMATS.items():
        extra = [f"southmed[{entry.extra}]"] if entry.extra else []
        assert {str(name), *entry.writers, *extra} - set(SPANS) == set()


def test_the_numbers_of_the_page_are_those_of_the_tables() -> None:
    noise = releases()["F1"].noise
    assert noise is not None
    assert f"band of {noise.band}:" in PAGE
    assert f"about {noise.coverage * 100:.0f} of 100 cells" in PAGE
    assert f"{noise.sigma:.2f} × √n" in PAGE
    assert f"less than {2 * noise.band} between" in PAGE
    monthly = [name for name, release in releases().items() if is_monthly(release)]
    exact = [name for name, release in releases().items() if release.exact]
    assert f"({', '.join(sorted(monthly, reverse=True))})" in PAGE
    assert f"({', '.join(sorted(exact))}) are exact" in PAGE


def test_what_was_withdrawn_is_dropped_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library("pandas", "sdmx")
    monkeypatch.chdir(tmp_path)
    f1, f2 = releases()["F1"], releases()["F2"]
    told = io.StringIO()
    show = as_csv(told, Wanted())
    for release in (f1, f2, f2, withdrawn(f1)):
        show(release)
    Path("releases.csv").write_text(told.getvalue(), encoding="utf-8")
    names: dict[str, Any] = {}
    (block,) = PYTHON
    exec(block, names)  # noqa: S102 - the page's own lines
    kept = names["rows"]
    assert list(kept["OBS_VALUE"]) == [o.OBS_VALUE for o in f2.observations]
    assert set(kept["RELEASE"]) == {f2.key}


def test_files_are_read_in_python_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"pandas": library("pandas", "sdmx"), "pysdmx": library("pysdmx", "sdmx")}
    library("pysdmx.io", "sdmx")
    monkeypatch.chdir(tmp_path)
    release = releases()["F1"]
    for name, content in files_of(release, FormatName, Style()).items():
        Path(name).write_bytes(content)
    lines = [span for span in SPANS if span.startswith(("pandas.", "pysdmx."))]
    read = [eval(line, dict(names)) for line in lines]  # noqa: S307 - the page's own lines
    assert len(read) == 3
    frames = [found[0].data if isinstance(found, list | tuple) else found for found in read]
    for frame in frames:
        assert [int(v) for v in frame["MEASUREMENT"]] == [
            o.MEASUREMENT for o in release.observations
        ]
