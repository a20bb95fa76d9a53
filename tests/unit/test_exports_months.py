"""Tables of months for tools that know SDMX and not us: what was not told is no total.

A tool takes a series (all dimensions but time) and sums over its periods, or keeps one frequency.
Neither may come to a number that is not what its key says.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from deploy.exports.formats import FormatName, files_of
from deploy.exports.plain import Style
from deploy.exports.rows import dimensions_of, is_monthly, rows
from schemas.releases import Release
from tests.extras import library
from tests.published import releases

MONTHLY = [name for name, release in sorted(releases().items()) if is_monthly(release)]
OTHERS = sorted(set(releases()) - set(MONTHLY))
every_monthly = pytest.mark.parametrize("name", MONTHLY)
Series = dict[tuple[str, ...], dict[str, int]]


def read(release: Release) -> Any:
    """The data set as pysdmx reads it from our data and our structure."""
    io = library("pysdmx.io", "sdmx")
    files = files_of(release, [FormatName.SDMX_ML], Style())
    stem = release.key.replace("|", "_")
    texts = (files[f"{stem}{end}"].decode() for end in (".sdmx.xml", ".structure.xml"))
    (data,) = io.get_datasets(*texts)
    return data


def series_of(release: Release) -> tuple[list[str], Series]:
    """Names of the dimensions but time, and each series: its key, and its value by period."""
    data = read(release)
    names = [c.id for c in data.structure.components.dimensions if c.id != "TIME_PERIOD"]
    found: defaultdict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for row in data.data.astype(object).to_dict("records"):
        key = tuple(str(row[name]) for name in names)
        assert str(row["TIME_PERIOD"]) not in found[key]
        found[key][str(row["TIME_PERIOD"])] = int(row["OBS_VALUE"])
    return names, dict(found)


def test_the_tables_of_months_are_those_of_the_file_of_tables() -> None:
    assert MONTHLY == ["F5", "P1"]


@every_monthly
def test_no_series_mixes_months_with_what_has_none(name: str) -> None:
    names, series = series_of(releases()[name])
    at, told = names.index("FREQ"), names.index("MONTH_TOLD")
    assert {key[at] for key in series} == {"M", "Q"}
    for key, values in series.items():
        assert {len(period) == 7 and "Q" not in period for period in values} == {key[at] == "M"}
        assert key[told] == ("Y" if key[at] == "M" else "N")


@every_monthly
def test_a_sum_over_the_periods_of_a_frequency_is_what_its_key_says(name: str) -> None:
    release = releases()[name]
    names, series = series_of(release)
    at, area = names.index("FREQ"), names.index("REF_AREA")
    for key, values in series.items():
        of = [o for o in release.observations if (key[at], key[area]) == (o.FREQ, o.REF_AREA)]
        assert sum(values.values()) == sum(o.OBS_VALUE for o in of)
    everything = sum(sum(values.values()) for values in series.values())
    assert everything == sum(o.OBS_VALUE for o in release.observations)


@every_monthly
def test_the_structure_says_in_every_language_that_it_is_no_total(name: str) -> None:
    library("pysdmx.io", "sdmx")
    release = releases()[name]
    files = files_of(release, [FormatName.SDMX_ML], Style())
    structure = files[release.key.replace("|", "_") + ".structure.xml"].decode()
    for words in ("no total", "n’est pas un total", "ليس مجموعا"):
        assert words in structure


@every_monthly
def test_plain_rows_keep_the_frequency_beside(name: str) -> None:
    for row in rows(releases()[name]):
        assert (row["FREQ"] == "M") == (row["MONTH_TOLD"] == "Y") == ("-Q" not in row["TIME_PERIOD"]
               and len(row["TIME_PERIOD"]) == 7)  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_tables_have_one_frequency_and_need_no_such_column(name: str) -> None:
    release = releases()[name]
    assert len({row["FREQ"] for row in rows(release)}) == 1
    assert "MONTH_TOLD" not in dimensions_of(release)
