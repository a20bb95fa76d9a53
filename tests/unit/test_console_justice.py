"""From identification to conviction: sums of stages, shares of noisy wholes, what is not told."""

from __future__ import annotations

import random
from math import ceil, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deploy.console.i18n import tongue
from deploy.console.store import Kept, Snapshot
from deploy.console.views.justice import STAGES, Chosen, Page, View, page, releases_of
from deploy.console.views.region import COUNTRIES
from deploy.console.views.shares import fieller, share
from deploy.exports.labels import LANGUAGES
from schemas.releases import Observation
from tests.console.world import WITHDRAWN, messages, people, releases, snapshot

EN = tongue("en")
BY_KEY = {release.key: release for release in releases()}
STAGED = BY_KEY["F4|2023|FINAL"]
NOISE = STAGED.noise
assert NOISE is not None


def view(chosen: Chosen | None = None, known: Snapshot | None = None) -> View:
    found = page(known or snapshot(), chosen or Chosen(), EN).view
    assert found is not None
    return found


def cells(part: int, rest: int) -> tuple[list[Observation], list[Observation]]:
    """A cell of a part and one of the rest, as measured."""
    one = STAGED.observations[0]
    return tuple(  # type: ignore[return-value]
        [one.model_copy(update={"MEASUREMENT": n, "OBS_VALUE": max(0, n)})] for n in (part, rest)
    )


# --- Stages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", ["", *COUNTRIES])
@pytest.mark.parametrize("form", ["", "LAB", "_U"])
def test_at_least_a_stage_is_the_sum_of_the_cells_from_it_on(country: str, form: str) -> None:
    found = view(Chosen("2023", country, form))
    for least, step in enumerate(found.steps):
        rows = [
            row
            for row in STAGED.observations
            if row.STAGE in STAGES[least:]
            and country in ("", row.REF_AREA)
            and form in ("", row.FORM)
        ]
        assert step.figure.measurement == sum(row.MEASUREMENT for row in rows)
        assert step.figure.value == sum(row.OBS_VALUE for row in rows)
        assert step.figure.band == ceil(NOISE.band * sqrt(len(rows)))
        assert step.stopped.cells * (4 - least) == step.figure.cells == len(rows)


def test_the_cascade_is_near_the_truth() -> None:
    records = people("2023")
    for least, step in enumerate(view(Chosen("2023")).steps):
        truly = sum(record.values["STAGE"] in STAGES[least:] for record in records)
        assert step.figure.lower <= truly <= step.figure.upper
        if step.share is not None:
            assert step.share.lower <= truly / len(records) <= step.share.upper
    assert view(Chosen("2023")).steps[-1].share is not None


def test_countries_forms_and_years_are_the_same_cells_in_another_order() -> None:
    found = view(Chosen("2023"))
    whole = found.steps[0].figure.measurement
    assert sum(one.identified.measurement for one in found.countries[:-1]) == whole
    assert sum(one.identified.measurement for one in found.forms) == whole
    assert found.countries[-1].shares == found.years[0].shares
    assert found.years[0].shares == [step.share for step in found.steps[1:]]


def test_years_are_told_as_far_as_they_stand() -> None:
    assert WITHDRAWN == "F4|2022|FINAL"
    assert list(releases_of(snapshot())) == ["2023", "2021"]
    found = view(Chosen("2023"))
    assert [one.source and one.source.key for one in found.years] == [
        "F4|2023|FINAL",
        "F4|2021|FINAL",
    ]
    assert len(found.trends) == 3


def test_an_erratum_takes_the_place_of_what_it_corrects() -> None:
    erratum = STAGED.model_copy(update={"vintage": "ERRATUM"})
    found = view(Chosen("2023"), snapshot().having(Kept(erratum, messages()[0])))
    assert found.release.key == "F4|2023|ERRATUM"


def test_a_single_year_has_no_trend() -> None:
    known = Snapshot().having(Kept(STAGED, messages()[0]))
    assert view(known=known).trends == []
    assert len(view(known=known).years) == 1


# --- Shares ---------------------------------------------------------------------------------------

MEASURED = st.integers(-60, 2000)


@given(MEASURED, MEASURED)
def test_a_share_lies_within_its_interval_and_that_between_nothing_and_all(
    part: int, rest: int
) -> None:
    found = share(*cells(part, rest), NOISE)
    assume(found is not None)
    assert found is not None
    assert 0 <= found.lower <= found.value <= found.upper <= 1
    value, lower, upper = found.percent
    assert lower <= found.lower + 1e-9
    assert upper >= found.upper - 1e-9
    assert lower <= value <= upper


@given(st.integers(40, 2000), st.integers(40, 2000), st.floats(0.01, 0.99))
def test_the_interval_holds_exactly_the_shares_that_the_bounds_allow(
    part: int, rest: int, asked: float
) -> None:
    lower, upper = fieller(part, rest, 36, 36)
    off = abs((1 - asked) * part - asked * rest)
    least = sqrt((1 - asked) ** 2 * 36 + asked**2 * 36)
    assume(abs(off - least) > 1e-6)
    assert (lower <= asked <= upper) is (off < least)


@pytest.mark.parametrize(
    ("persons", "truth", "many"), [(90, 0.5, 24), (200, 0.1, 8), (900, 0.3, 4)]
)
def test_the_interval_holds_the_truth_as_often_as_the_bounds_of_a_sum(
    persons: int, truth: float, many: int
) -> None:
    rng, told, held = random.Random(24), 0, 0
    sigma, others, band = sqrt(NOISE.sigma2), 32 - many, NOISE.band**2
    for _ in range(4000):
        part = persons * truth + rng.gauss(0, sigma * sqrt(many))
        rest = persons * (1 - truth) + rng.gauss(0, sigma * sqrt(others))
        if part + rest < NOISE.unreliable_below * sqrt(32):
            continue
        lower, upper = fieller(part, rest, band * many, band * others)
        told += 1
        held += lower <= truth <= upper
    assert told > 3000
    # The band is 2.12 standard deviations, and a sum of cells nearly normal: 0.966.
    assert held / told == pytest.approx(0.966, abs=0.008)


def test_of_too_few_no_share_is_told() -> None:
    assert share(*cells(7, 8), NOISE) is None
    assert share(*cells(12, 12), NOISE) is not None
    assert share(*cells(-20, 20), NOISE) is None


def test_where_the_part_is_small_that_is_said_beside_its_share() -> None:
    small, large = (share(*cells(part, 200), NOISE) for part in (5, 90))
    assert small is not None
    assert small.part.unsure
    assert large is not None
    assert not large.part.unsure


def test_a_country_of_few_is_told_without_shares_and_without_a_chart() -> None:
    found = view(Chosen("2023"))
    lebanon = found.countries[COUNTRIES.index("LBN")]
    assert lebanon.identified.unsure
    assert lebanon.shares == [None, None, None]
    assert len(found.country_charts) == 3


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "shown", "adjusted"),
    [
        (Chosen(), Chosen("2023"), False),
        (Chosen("", "JOR"), Chosen("2023", "JOR"), False),
        (Chosen("2021", "JOR", "LAB"), Chosen("2021", "JOR", "LAB"), False),
        (Chosen("2022"), Chosen("2023"), True),
        (Chosen("2023", "XXX"), Chosen("2023"), True),
        (Chosen("2023", "", "NOSUCH"), Chosen("2023"), True),
        (Chosen("", "TUN", "NOSUCH"), Chosen("2023", "TUN"), True),
    ],
)
def test_a_choice_that_nothing_answers_is_put_right_and_said(
    chosen: Chosen, shown: Chosen, adjusted: bool
) -> None:
    found = view(chosen)
    assert (found.chosen, found.adjusted) == (shown, adjusted)


def test_every_choice_that_is_offered_is_answered() -> None:
    offered: Page = page(snapshot(), Chosen(), EN)
    for year in offered.years:
        for country in offered.countries:
            for form in offered.forms:
                assert not view(Chosen(year.value, country.value, form.value)).adjusted


@pytest.mark.parametrize("language", LANGUAGES)
def test_as_long_as_nothing_is_out_the_page_says_what_stages_are(language: str) -> None:
    found = page(Snapshot(), Chosen("2023"), tongue(language))  # type: ignore[arg-type]
    assert found.view is None
    assert found.years == []
    assert len(found.stages) == 4


def test_charts_say_in_words_what_they_draw() -> None:
    found = view(Chosen("2023"))
    for chart in (found.chart, *found.country_charts, *found.trends):
        assert "between" in chart.description
