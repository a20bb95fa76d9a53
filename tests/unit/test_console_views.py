"""What pages say: which release answers, how sure a number is, what changed beyond noise."""

from __future__ import annotations

from math import ceil, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.i18n import tongue
from deploy.console.store import Kept, Snapshot
from deploy.console.views import indicator as view
from deploy.console.views.calendar import calendar, verify
from deploy.console.views.cuts import ALL, answer, cuts, ending, frequency, periods, series
from deploy.console.views.figures import Figure, difference, total
from deploy.console.views.indicator import Chosen
from deploy.console.views.region import COUNTRIES, MAIN, region
from deploy.consume.judge import Message, Refused
from processors.release.errors import ReleasedTwice
from processors.release.tables import shipped
from tests.console.world import TODAY, WITHDRAWN, messages, releases, snapshot
from tests.published import OTHER_KEY, trusting

EN, FR, AR = tongue("en"), tongue("fr"), tongue("ar")
BY_KEY = {release.key: release for release in releases()}


def figure(measurement: int, band: int) -> Figure:
    return Figure(measurement, measurement, 0, 0, False, False, 1, band)


# --- The store ------------------------------------------------------------------------------------


def test_a_snapshot_never_changes_and_the_newest_message_of_a_key_prevails() -> None:
    before = Snapshot()
    after = before.having(Kept(releases()[0], messages()[0]))
    assert (before.number, len(before.kept)) == (0, 0)
    assert (after.number, list(after.kept)) == (1, [releases()[0].key])
    again = after.having(Kept(releases()[0], messages()[0]))
    assert (again.number, list(again.kept)) == (2, [releases()[0].key])


def test_what_was_withdrawn_is_known_and_does_not_stand() -> None:
    assert WITHDRAWN in snapshot()
    assert WITHDRAWN not in {release.key for release in snapshot().standing()}


def test_an_erratum_takes_the_place_of_its_final_release() -> None:
    final = BY_KEY["F1|2023|FINAL"]
    erratum = final.model_copy(update={"vintage": "ERRATUM"})
    known = snapshot().having(Kept(erratum, messages()[0]))
    standing = {release.key for release in known.standing()}
    assert "F1|2023|ERRATUM" in standing
    assert "F1|2023|FINAL" not in standing


# --- How sure a number is -------------------------------------------------------------------------


@given(st.integers(1, 60))
def test_a_sum_is_as_unsure_as_its_cells_together(cells: int) -> None:
    release = BY_KEY["F1|2023|FINAL"]
    noise = release.noise
    assert noise is not None
    found = total(release.observations[:cells], noise, provisional=False)
    assert found.band == ceil(noise.band * sqrt(cells))
    assert found.unsure == (found.value < ceil(noise.unreliable_below * sqrt(cells)))
    assert found.lower == max(0, found.measurement - found.band)
    assert found.upper == max(0, found.measurement + found.band)


def test_one_cell_is_told_as_it_was_published() -> None:
    release = BY_KEY["P2|2024-Q4|PROVISIONAL"]
    for row in release.observations:
        found = total([row], release.noise, provisional=True)
        assert (found.value, found.lower, found.upper, found.unsure) == (
            row.OBS_VALUE,
            row.LOWER_BOUND,
            row.UPPER_BOUND,
            row.LOW_RELIABILITY,
        )


def test_exact_numbers_have_no_bounds() -> None:
    found = answer(snapshot(), "TRN_N", "2023")
    assert found is not None
    assert found.of("MAR").exact
    assert (found.of("MAR").lower, found.of("MAR").value, found.of("MAR").upper) == (4, 4, 4)


@pytest.mark.parametrize(
    ("now", "before", "beyond"),
    [
        (figure(30, 6), figure(20, 6), True),
        (figure(28, 6), figure(20, 6), False),
        (figure(20, 12), figure(37, 12), False),
        (figure(20, 12), figure(38, 12), True),
        (figure(2, 0), figure(1, 0), True),
        (figure(1, 0), figure(1, 0), False),
    ],
)
def test_a_change_says_something_only_beyond_the_noise_of_both(
    now: Figure, before: Figure, beyond: bool
) -> None:
    assert difference(now, before).beyond_noise is beyond


# --- Which release answers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "cut", "key"),
    [
        # The fewest cells to sum: 15 countries of recruitment, not 16 months nor 32 of two kinds.
        ("2023", (), "F3|2023|FINAL"),
        ("2023", ("SEX",), "F2|2023|FINAL"),
        ("2023", ("FORM",), "F1|2023|FINAL"),
        # Withdrawn, so another one that has the forms answers.
        ("2022", ("FORM",), "F1|2022|FINAL"),
        ("2023", ("FORM", "STAGE"), "F4|2023|FINAL"),
        # As many cells: the settled one.
        ("2023-Q2", (), "F5|2023|FINAL"),
        ("2024-Q4", (), "P1|2024-Q4|PROVISIONAL"),
        ("2024-11", (), "P1|2024-Q4|PROVISIONAL"),
        ("2023-05", (), "F5|2023|FINAL"),
        ("2024-Q4", ("ORIGIN",), "P3|2024-Q4|PROVISIONAL"),
        ("2024", (), None),
        ("2023-Q2", ("SEX",), None),
        ("2022", ("STAGE",), None),
        ("2019", (), None),
    ],
)
def test_the_surest_release_answers(period: str, cut: tuple[str, ...], key: str | None) -> None:
    found = answer(snapshot(), MAIN, period, cut)
    assert (None if found is None else found.release.key) == key


def test_a_quarter_of_a_table_of_months_is_its_months_and_what_tells_no_month() -> None:
    found = answer(snapshot(), MAIN, "2023-Q2")
    assert found is not None
    told = {"2023-04", "2023-05", "2023-06", "2023-Q2"}
    rows = [r for r in found.release.observations if r.TIME_PERIOD in told and r.REF_AREA == "TUN"]
    assert len(rows) == found.of("TUN").cells == 4
    assert found.of("TUN").measurement == sum(row.MEASUREMENT for row in rows)


def test_all_countries_together_are_the_sum_of_each() -> None:
    for cut in cuts(snapshot().of_indicator(MAIN)):
        found = answer(snapshot(), MAIN, "2023", cut)
        if found is None:
            continue
        for cell in found.cells:
            each = [found.of(country, cell) for country in COUNTRIES]
            assert found.of(ALL, cell).measurement == sum(one.measurement for one in each)
            assert found.of(ALL, cell).cells == sum(one.cells for one in each)


def test_periods_are_the_newest_first_and_cuts_the_simplest_first() -> None:
    found = periods(snapshot().of_indicator(MAIN))
    assert found[:5] == ["2024-Q4", "2024-12", "2024-11", "2024-10", "2024-Q3"]
    assert found[-3:] == ["2021-03", "2021-02", "2021-01"]
    assert [ending(one) for one in found] == sorted(map(ending, found), reverse=True)
    known = cuts(snapshot().of_indicator(MAIN))
    assert known[0] == ()
    assert [len(cut) for cut in known] == sorted(len(cut) for cut in known)
    assert ("FORM", "SEX") in known
    assert ("AGE", "FORM") not in known


@pytest.mark.parametrize(("like", "number"), [("2023", 3), ("2023-Q1", 16), ("2023-01", 24)])
def test_a_series_has_the_periods_of_one_frequency_the_oldest_first(like: str, number: int) -> None:
    told = [one.period for one in series(snapshot(), MAIN, like)]
    assert len(told) == number
    assert told == sorted(told)
    assert {frequency(one) for one in told} == {frequency(like)}


# --- Pages ----------------------------------------------------------------------------------------


def test_the_region_of_nothing_says_nothing() -> None:
    assert region(Snapshot(), EN) is None


def test_every_number_of_a_chart_stands_in_its_table() -> None:
    page = region(snapshot(), EN)
    assert page is not None
    assert page.year_chart is not None
    assert page.forms_chart is not None
    for column, chart in enumerate(page.charts):
        drawn = [mark.value for mark in chart.marks]
        assert drawn == [line.figures[column].value for line in reversed(page.trend)]
    assert [m.value for m in page.year_chart.marks] == [
        line.figures[0].value for line in page.countries[:-1]
    ]
    assert [m.value for m in page.forms_chart.marks] == [
        line.figures[-1].value for line in page.form_lines
    ]


def test_what_is_provisional_or_unsure_is_drawn_hollow() -> None:
    page = region(snapshot(), EN)
    assert page is not None
    for country, chart in zip(COUNTRIES, page.charts, strict=True):
        figures = [one.of(country) for one in page.answers]
        assert [m.hollow for m in chart.marks] == [f.provisional or f.unsure for f in figures]
        assert chart.marks[-1].hollow


@pytest.mark.parametrize(
    ("chosen", "told", "adjusted"),
    [
        (Chosen(), Chosen("2024-Q4"), False),
        (Chosen("2023", "FORM,SEX", "TUN"), Chosen("2023", "FORM,SEX", "TUN"), False),
        # No table of a quarter has sexes: the newest period that has.
        (Chosen("2024-Q4", "SEX"), Chosen("2023", "SEX"), True),
        (Chosen("1999", "FORM"), Chosen("2024-Q4", "FORM"), True),
        (Chosen("2023", "AGE,FORM"), Chosen("2023"), True),
        (Chosen("2023", "", "XXX"), Chosen("2023"), True),
    ],
)
def test_a_choice_that_nothing_answers_becomes_the_nearest_and_says_so(
    chosen: Chosen, told: Chosen, adjusted: bool
) -> None:
    page = view.page(snapshot(), MAIN, chosen, EN)
    assert page is not None
    assert page.view is not None
    assert (page.view.chosen, page.view.adjusted) == (told, adjusted)
    # The address that is told brings the same view again.
    again = view.page(snapshot(), MAIN, page.view.chosen, EN)
    assert again is not None
    assert again.view is not None
    assert again.view.rows == page.view.rows
    assert not again.view.adjusted


def test_one_number_is_quoted_with_its_bounds_and_its_release() -> None:
    page = view.page(snapshot(), MAIN, Chosen("2023", "", "TUN"), EN)
    assert page is not None
    assert page.view is not None
    (row,) = page.view.rows
    bounds = f"{row.figure.value} (between {row.figure.lower} and {row.figure.upper})"
    assert page.view.citation.startswith(f"Identified victims, Tunisia, 2023: {bounds}. southmed,")
    assert page.view.answer.release.statement.output in page.view.citation


def test_an_indicator_that_is_not_out_has_a_page_without_numbers() -> None:
    page = view.page(snapshot(), "VIC_PRES", Chosen(), EN)
    assert page is not None
    assert page.view is None
    assert view.page(snapshot(), "NO_SUCH", Chosen(), EN) is None


def test_the_calendar_tells_what_is_out_due_withdrawn_and_to_come() -> None:
    missing = "P1|2024-Q4|PROVISIONAL"
    known = Snapshot()
    for release, travelled in zip(releases(), messages(), strict=True):
        if release.key != missing:
            known = known.having(Kept(release, travelled))
    page = calendar(known, shipped(), TODAY, EN)
    states = {line.key: line.state for line in page.lines}
    assert states[missing] == "due"
    assert states[WITHDRAWN] == "withdrawn"
    assert states["F1|2023|FINAL"] == "published"
    assert states["F1|2024|FINAL"] == "to come"
    assert [line.due for line in page.lines] == sorted((x.due for x in page.lines), reverse=True)


def test_the_budget_is_told_as_a_share_of_what_is_allowed() -> None:
    page = calendar(snapshot(), shipped(), TODAY, EN)
    spent = {one.quarter: one.regular for one in page.spent}
    # Five final tables and three provisional ones cost all of it; withdrawing gives nothing back.
    assert (spent["2022-Q1"], spent["2023-Q4"], spent["2024-Q4"]) == (1.0, 1.0, 0.375)


# --- Verifying ------------------------------------------------------------------------------------


def verdicts(kept: Kept, known: Snapshot, trust: object = None) -> list[str]:
    steps = verify(kept, known, shipped(), trust or trusting(), EN)  # type: ignore[arg-type]
    return [step.verdict for step in steps]


def test_a_release_verifies_from_the_bytes_that_travelled() -> None:
    assert verdicts(snapshot()["F1|2023|FINAL"], snapshot()) == ["ok"] * 6


def test_a_key_that_is_no_longer_trusted_does_not_verify() -> None:
    kept = snapshot()["F1|2023|FINAL"]
    assert verdicts(kept, snapshot(), trusting(OTHER_KEY))[:2] == ["wrong", "wrong"]


def test_bytes_that_changed_do_not_verify() -> None:
    kept = snapshot()["F1|2023|FINAL"]
    value = (kept.message.value or b"").replace(b'"OBS_VALUE":', b'"OBS_VALUE":1', 1)
    changed = Kept(kept.release, kept.message._replace(value=value))
    assert verdicts(changed, snapshot())[:2] == ["wrong", "wrong"]


def test_other_numbers_under_the_same_name_are_told() -> None:
    refused = Refused(99, "F1|2023|FINAL", ReleasedTwice(got="F1|2023|FINAL"))
    known = snapshot().refusing(refused)
    assert verdicts(known["F1|2023|FINAL"], known)[4] == "wrong"
    assert verdicts(known["F2|2023|FINAL"], known)[4] == "ok"


def test_more_than_the_budget_is_told() -> None:
    extra = BY_KEY["F1|2023|FINAL"].model_copy(update={"table": "F9"})
    known = snapshot().having(Kept(extra, Message(0, None, None, [])))
    assert verdicts(known["F1|2023|FINAL"], known)[5] == "wrong"
