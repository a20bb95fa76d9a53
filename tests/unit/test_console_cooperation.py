"""Trainings and requests: exact, crossed, by country and through the years."""

from __future__ import annotations

import pytest

from deploy.console.i18n import tongue
from deploy.console.store import Kept, Snapshot
from deploy.console.views.cooperation import Chosen, Page, Part, page
from deploy.console.views.region import COUNTRIES
from schemas.releases import Release
from tests.console.world import messages, releases, snapshot

EN = tongue("en")
BY_KEY = {release.key: release for release in releases()}


def known() -> Snapshot:
    """What is known where no cell is like another."""
    found = snapshot()
    for key in ("E1|2023|FINAL", "E2|2023|FINAL", "E2|2022|FINAL"):
        found = found.having(Kept(counted(BY_KEY[key]), messages()[0]))
    return found


def counted(release: Release) -> Release:
    rows = [
        row.model_copy(update={"OBS_VALUE": n, "MEASUREMENT": n})
        for n, row in enumerate(release.observations, start=int(release.period[2:]))
    ]
    return release.model_copy(update={"observations": rows})


def part(anchor: str, country: str = "") -> Part:
    chosen = Chosen("2023", country)
    return next(one for one in page(known(), chosen, EN).parts if one.anchor == anchor)


@pytest.mark.parametrize(
    ("anchor", "key", "down", "across"),
    [
        ("trainings", "E1|2023|FINAL", "AXIS", "MODE"),
        ("requests", "E2|2023|FINAL", "DIRECTION", "KIND"),
    ],
)
@pytest.mark.parametrize("country", ["", "LBN"])
def test_every_number_is_a_sum_of_released_cells(
    anchor: str, key: str, down: str, across: str, country: str
) -> None:
    found = part(anchor, country)
    rows = counted(BY_KEY[key]).observations
    codes = [list(dict.fromkeys(getattr(row, name) for row in rows)) for name in (down, across)]
    assert found.crossed is not None
    for line, one in zip(found.crossed.lines, [*codes[0], None], strict=True):
        for figure, other in zip(line.figures, [*codes[1], None], strict=True):
            assert figure.value == sum(
                row.OBS_VALUE
                for row in rows
                if country in ("", row.REF_AREA)
                and one in (None, getattr(row, down))
                and other in (None, getattr(row, across))
            )
            assert figure.exact
            assert not figure.unsure
    for crossed, name in zip(found.countries, (down, across), strict=True):
        whole = sum(row.OBS_VALUE for row in rows)
        assert sum(line.figures[-1].value for line in crossed.lines[:-1]) == whole
        assert crossed.lines[-1].figures[-1].value == whole
        first = getattr(rows[0], name)
        assert crossed.lines[0].figures[0].value == sum(
            row.OBS_VALUE
            for row in rows
            if (row.REF_AREA, getattr(row, name)) == (rows[0].REF_AREA, first)
        )


def test_years_are_the_newest_first_and_name_their_releases() -> None:
    years = part("requests").years
    assert years is not None
    assert [line.source and line.source.key for line in years.lines] == [
        "E2|2023|FINAL",
        "E2|2022|FINAL",
        "E2|2021|FINAL",
    ]
    assert years.lines[0].figures[-1].value != years.lines[1].figures[-1].value
    assert len(part("requests").trends) == len(COUNTRIES)


def test_charts_of_exact_numbers_speak_of_no_uncertainty() -> None:
    for anchor in ("trainings", "requests"):
        found = part(anchor)
        for chart in (*found.charts, *found.trends):
            assert "exact numbers" in chart.description
            assert "uncertainty" not in chart.description
            assert all(one.lower == one.value == one.upper for one in chart.marks)  # type: ignore[attr-defined]


def test_a_country_of_which_none_are_told_says_so_and_draws_nothing_of_it() -> None:
    found = {one.anchor: one.none for one in page(snapshot(), Chosen("2023", "TUN"), EN).parts}
    assert found == {"trainings": True, "requests": True}
    found = {one.anchor: one.none for one in page(snapshot(), Chosen("2023", "MAR"), EN).parts}
    assert found == {"trainings": False, "requests": True}


def test_one_of_the_two_may_be_out_alone() -> None:
    alone = Snapshot().having(Kept(BY_KEY["E1|2023|FINAL"], messages()[0]))
    trainings, requests = page(alone, Chosen(), EN).parts
    assert trainings.release is not None
    assert trainings.trends == []
    assert requests.release is None


@pytest.mark.parametrize(
    ("chosen", "shown", "adjusted"),
    [
        (Chosen(), Chosen("2023"), False),
        (Chosen("", "JOR"), Chosen("2023", "JOR"), False),
        (Chosen("2021", "JOR"), Chosen("2021", "JOR"), False),
        (Chosen("1999"), Chosen("2023"), True),
        (Chosen("2023", "XXX"), Chosen("2023"), True),
    ],
)
def test_a_choice_that_nothing_answers_is_put_right_and_said(
    chosen: Chosen, shown: Chosen, adjusted: bool
) -> None:
    found: Page = page(snapshot(), chosen, EN)
    assert (found.chosen, found.adjusted) == (shown, adjusted)


def test_as_long_as_nothing_is_out_there_is_nothing_to_choose() -> None:
    found = page(Snapshot(), Chosen("2023"), EN)
    assert found.chosen is None
    assert list(found.parts) == list(found.years) == []
