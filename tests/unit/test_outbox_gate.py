"""Facts that wait in the outbox: when they leave, how much they tell, and what is attested."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from producers.outbox import Outbox
from producers.rows import Recorded
from producers.schema import ADDED
from schemas.anonymity import BOTTOM, MAX_WINDOWS, TOP, conforms
from tests.persons import (
    Q1,
    Q2,
    Q3,
    Q4,
    leaving,
    node_of,
    people,
    person,
    person_fact,
    sealed,
    settle,
    state,
)
from tests.register import draft, open_outbox, row
from tests.samples import ref

MEN: dict[str, Any] = {"sex": "M"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    made = open_outbox(path)
    yield made
    made.close()


def quarter(outbox: Outbox, window: str = Q1) -> tuple[int, int, str | None]:
    (found,) = [q for q in outbox.quarters() if q.window == window]
    return found.published, found.waiting, found.since


# --- Until the quarter is over -------------------------------------------------------------------


def test_facts_of_the_present_quarter_wait(outbox: Outbox) -> None:
    assert state(outbox, people("p", 6), Q1) == Recorded(new=6)
    assert leaving(outbox) == []
    assert (node_of(outbox, Q1), quarter(outbox)) == (None, (0, 6, Q2))
    assert outbox.tally()["facts_waiting"] == 6


def test_when_it_is_over_they_leave(outbox: Outbox) -> None:
    state(outbox, people("p", 6), Q1)
    assert state(outbox, [], Q2) == Recorded()
    assert len(leaving(outbox)) == 6
    assert (node_of(outbox, Q1), quarter(outbox)) == (BOTTOM, (6, 0, None))


def test_what_is_under_no_gate_does_not_wait(outbox: Outbox) -> None:
    state(outbox, [row("t", draft("t", "training.delivered"))], Q1)
    assert [event["event_type"] for event in leaving(outbox)] == ["training.delivered"]


def test_what_is_corrected_while_it_waits_leaves_as_it_is_last(outbox: Outbox) -> None:
    state(outbox, people("p", 6), Q1)
    assert state(outbox, people("p", 6, **MEN), Q1) == Recorded(corrected=6)
    assert state(outbox, people("p", 6, **MEN), Q1) == Recorded(unchanged=6)
    state(outbox, [], Q2)
    events = leaving(outbox)
    assert [(e["sex"], e["supersedes"], e["revision"]) for e in events] == [("M", None, 0)] * 6


def test_what_is_gone_while_it_waits_never_leaves(outbox: Outbox) -> None:
    state(outbox, people("p", 7), Q1)
    assert state(outbox, [row("p0")], Q1) == Recorded(withdrawn=1)
    state(outbox, [], Q2)
    assert len(leaving(outbox)) == 6


def test_what_another_row_states_belongs_to_that_row(outbox: Outbox) -> None:
    (one, *others) = people("p", 6)
    state(outbox, [one, *others], Q1)
    assert state(outbox, [row("other", *one.drafts)], Q1) == Recorded(unchanged=1)
    assert state(outbox, [row("p0")], Q1) == Recorded()
    state(outbox, [], Q2)
    assert len(leaving(outbox)) == 6


def test_what_waits_survives_the_process(outbox: Outbox, path: Path) -> None:
    outbox.record("victims", people("p", 6), "1", now=Q1)
    again = open_outbox(path)
    settle(again, Q2)
    assert len(leaving(again)) == 6


# --- Small classes -------------------------------------------------------------------------------


def test_who_is_in_too_small_a_class_is_told_at_the_top(outbox: Outbox) -> None:
    boys, girls = people("b", 3, age_band="Y9T17", **MEN), people("g", 2, age_band="Y9T17")
    state(outbox, [*people("w", 60), *people("m", 35, **MEN), *boys, *girls], Q2)
    assert node_of(outbox, Q1) == BOTTOM
    ((events, (attested,)),) = sealed(outbox)
    assert sum(conforms(event, TOP) for event in events) == 5
    assert {event["age_band"] for event in events if not conforms(event, TOP)} == {"Y18T29"}
    assert (attested.k, attested.l, attested.suppressed) == (35, 2, 5)


def test_the_smallest_class_goes_along_with_too_few(outbox: Outbox) -> None:
    rows = [*people("w", 195), *people("m", 6, **MEN), *people("c", 4, age_band="Y9T17")]
    state(outbox, rows, Q2)
    ((events, (attested,)),) = sealed(outbox)
    assert sum(conforms(event, TOP) for event in events) == 10
    assert (attested.node, attested.k, attested.suppressed) == (BOTTOM, 195, 10)


def test_fewer_than_k_in_all_wait_and_then_go_out_at_the_top(outbox: Outbox) -> None:
    for now in (Q1, Q2, Q3):
        state(outbox, people("p", 3), now)
        assert (leaving(outbox), node_of(outbox, Q1)) == ([], None)
    state(outbox, [], Q4)
    ((events, (attested,)),) = sealed(outbox)
    assert [conforms(event, TOP) for event in events] == [True] * 3
    assert (attested.node, attested.k, attested.l, attested.suppressed) == (TOP, 3, 2, 0)


def test_an_event_type_with_too_few_waits_alone(outbox: Outbox) -> None:
    suspects = [person(f"s{n}", "justice.person_stage") for n in range(2)]
    state(outbox, [*people("p", 6), *suspects], Q2)
    assert {event["event_type"] for event in leaving(outbox)} == {"victim.identified"}
    assert quarter(outbox) == (6, 2, Q2)
    state(outbox, [], Q3)
    assert leaving(outbox) == []
    state(outbox, [], Q4)
    assert [conforms(event, TOP) for event in leaving(outbox)] == [True] * 2


def test_several_facts_of_one_person_are_one_person(outbox: Outbox) -> None:
    """Four suspects at eight stages are four."""
    stages = ("SUSPECT", "PROSEC")
    facts = [
        person_fact(f"{n}{stage}", "justice.person_stage", stage=stage, suspect_ref=ref(f"s{n}"))
        for n in range(4)
        for stage in stages
    ]
    state(outbox, [row("all", *facts)], Q2)
    assert node_of(outbox, Q1) is None


# --- After the quarter was told ------------------------------------------------------------------


@pytest.fixture
def told(outbox: Outbox) -> Outbox:
    """Six women and six men of a quarter, told at the bottom."""
    state(outbox, [*people("w", 6), *people("m", 6, **MEN)], Q2)
    assert node_of(outbox, Q1) == BOTTOM
    leaving(outbox)
    return outbox


def test_who_comes_late_joins_a_class_that_is_large_enough(told: Outbox) -> None:
    state(told, people("late", 1), Q3)
    (event,) = leaving(told)
    assert (event["sex"], event["period"]) == ("F", "2023-02")


def test_who_comes_late_and_alone_waits_and_is_told_at_the_top(told: Outbox) -> None:
    state(told, people("late", 1, age_band="Y9T17"), Q3)
    for now in (Q3, Q4):
        state(told, [], now)
        assert (leaving(told), quarter(told)) == ([], (12, 1, Q3))
    state(told, [], "2024-Q1")
    (event,) = leaving(told)
    assert conforms(event, TOP)


def test_of_many_who_come_late_no_more_is_told_than_of_others(told: Outbox) -> None:
    state(told, people("late", 4, age_band="Y9T17"), Q3)
    assert leaving(told) == []
    state(told, people("later", 1, age_band="Y9T17"), Q3)
    assert [event["age_band"] for event in leaving(told)] == ["Y9T17"] * 5


def test_a_residue_that_is_large_enough_lets_others_in(told: Outbox) -> None:
    alone = [{"age_band": "Y9T17"}, {"age_band": "Y30T47"}, {"citizenship": "GHA"}]
    groups = [people(f"late{n}", 2, **changes) for n, changes in enumerate(alone)]
    state(told, [one for group in groups for one in group], Q3)
    assert [conforms(event, TOP) for event in leaving(told)] == [True] * 6


def test_a_withdrawal_leaves_at_once_and_as_it_was_told(told: Outbox) -> None:
    told.record("victims", [row("w0")], "2", now=Q3)
    (event,) = leaving(told)
    assert (event["validation"], event["sex"], event["revision"]) == ("WITHDRAWN", "F", 1)


def test_the_rest_of_a_class_that_has_shrunk_is_told_at_the_top(told: Outbox) -> None:
    state(told, [row("w0"), row("w1")], Q3)
    events = leaving(told)
    assert [e["validation"] for e in events] == ["WITHDRAWN"] * 2 + ["VALID"] * 4
    assert all(conforms(e, TOP) and e["revision"] == 1 for e in events[2:])
    # There they stay, though their class is large again.
    state(told, people("n", 6), Q3)
    assert len(leaving(told)) == 6


def test_a_correction_is_told_at_the_level_of_its_quarter(told: Outbox) -> None:
    state(told, [person("w0", exploitation=["LAB_DOM"], **MEN)], Q3)
    (event,) = leaving(told)
    assert (event["sex"], event["revision"]) == ("M", 1)


def test_a_correction_that_would_stand_alone_is_told_at_the_top_at_once(told: Outbox) -> None:
    state(told, [person("w0", exploitation=["LAB_DOM"], age_band="Y9T17")], Q3)
    (event,) = leaving(told)
    assert conforms(event, TOP)
    state(told, people("w", 1), Q3)
    assert leaving(told) == [], "what was told at the top stays there"


def test_a_correction_that_tells_nothing_new_does_not_leave(outbox: Outbox) -> None:
    state(outbox, [*people("w", 3), *people("m", 3, **MEN)], Q2)
    assert node_of(outbox, Q1) == BOTTOM._replace(sex=1)
    leaving(outbox)
    changed = person("w0", exploitation=["LAB_DOM"], **MEN)
    assert state(outbox, [changed], Q2) == Recorded(corrected=1)
    assert state(outbox, [changed], Q2) == Recorded(unchanged=1)
    assert leaving(outbox) == []


def test_what_moves_to_another_quarter_is_taken_back_and_waits_there(told: Outbox) -> None:
    state(told, [person("w0", exploitation=["LAB_DOM"], period="2023-08")], Q3)
    (event,) = leaving(told)
    assert (event["validation"], event["period"]) == ("WITHDRAWN", "2023-02")
    assert quarter(told, Q3) == (0, 1, Q4)
    state(told, people("n", 6, period="2023-08"), Q4)
    assert {event["period"] for event in leaving(told)} == {"2023-08"}
    assert quarter(told, Q3) == (7, 0, None)


def test_who_was_told_at_the_top_does_not_make_a_class_larger(told: Outbox) -> None:
    state(told, [person("w0", exploitation=["LAB_DOM"], age_band="Y9T17")], Q3)
    leaving(told)
    state(told, [*people("w", 1), row("w1")], Q3)
    events = leaving(told)
    assert [event["validation"] for event in events] == ["WITHDRAWN"] + ["VALID"] * 4
    assert all(conforms(event, TOP) for event in events[1:])


def test_what_is_gone_before_its_correction_left_is_taken_back(told: Outbox) -> None:
    told.record("victims", people("w", 1, **MEN), "2", now=Q3)
    assert told.record("victims", [row("w0")], "3", now=Q3) == Recorded(withdrawn=1)
    settle(told, Q3)
    assert [event["validation"] for event in leaving(told)] == ["WITHDRAWN"]


def test_a_correction_that_is_taken_back_before_it_left_does_not_leave(told: Outbox) -> None:
    told.record("victims", people("w", 1, **MEN), "2", now=Q3)
    state(told, people("w", 1), Q3)
    assert (leaving(told), quarter(told)) == ([], (12, 0, None))


def test_without_the_gate_nothing_waits_any_more(outbox: Outbox) -> None:
    state(outbox, people("p", 6), Q1)
    outbox.record("victims", people("p", 6), "2")
    assert len(leaving(outbox)) == 6
    assert quarter(outbox) == (6, 0, None)


# --- Events that describe nobody -----------------------------------------------------------------


def test_they_are_told_at_the_node_of_their_quarter(outbox: Outbox) -> None:
    north, south = ({"region": r, "region_level": "L1"} for r in ("TN-11", "TN-12"))
    report = row("report", draft("report", period="2023-01", **north))
    rows = [*people("n", 4, **north), *people("s", 4, **south), report]
    state(outbox, rows, Q2)
    assert node_of(outbox, Q1) == BOTTOM._replace(region=1)
    assert {event["region"] for event in leaving(outbox)} == {"TN-R1"}


def test_in_a_case_of_the_residue_the_region_is_not_told(told: Outbox) -> None:
    """Not while its person waits, and not afterwards."""
    north = {"region": "TN-11", "region_level": "L1"}
    late = person_fact("late", age_band="Y9T17")
    report = draft("report", period="2023-01", case_ref=late.fields["case_ref"], **north)
    other = draft("other", period="2023-01", case_ref=ref("case w1"), **north)
    state(told, [row("late", late, report), row("other", other)], Q3)
    regions = {event["case_ref"]: event["region"] for event in leaving(told)}
    assert regions == {late.fields["case_ref"]: "_U", ref("case w1"): "TN-11"}
    state(told, [], "2024-Q1")
    assert [event["event_type"] for event in leaving(told)] == ["victim.identified"]
    again = draft("again", period="2023-01", case_ref=late.fields["case_ref"], **north)
    state(told, [row("again", again)], "2024-Q1")
    assert [event["region"] for event in leaving(told)] == ["_U"]
    state(told, [row("late", report)], "2024-Q1")
    assert [event["validation"] for event in leaving(told)] == ["WITHDRAWN"]


# --- Sealing -------------------------------------------------------------------------------------


def test_a_batch_attests_the_quarters_that_it_has_events_of(outbox: Outbox) -> None:
    state(outbox, people("a", 6), Q2)
    state(outbox, people("b", 7, period="2023-05"), Q3)
    state(outbox, [row("t", draft("t", "training.delivered"))], Q3)
    ((events, attested),) = sealed(outbox)
    assert [(a.window, a.node, a.k, a.l) for a in attested] == [
        (Q1, BOTTOM, 6, 2),
        (Q2, BOTTOM, 7, 2),
    ]
    assert len(events) == 14


def test_what_is_attested_is_what_stands(told: Outbox) -> None:
    told.record("victims", [row("w0")], "2", now=Q3)
    ((_, (attested,)),) = sealed(told)
    assert attested.k == 5


def test_a_batch_holds_no_more_quarters_than_it_may_attest(outbox: Outbox) -> None:
    months = [f"20{year:02}-{month:02}" for year in range(26, 100) for month in (1, 4, 7, 10)]
    rows = [row(m, draft(m, period=m)) for m in months[: MAX_WINDOWS + 3]]
    state(outbox, rows, "2999-Q1")
    assert [len(events) for events, _ in sealed(outbox)] == [MAX_WINDOWS, 3]


# --- Outboxes from before the gate ----------------------------------------------------------------


def test_an_older_outbox_is_told_again_coarser(path: Path) -> None:
    outbox = open_outbox(path)
    rows = [*people("w", 4), *people("m", 4, **MEN)]
    outbox.record("victims", rows, "1")
    assert [event["sex"] for event in leaving(outbox)] == ["F"] * 4 + ["M"] * 4
    outbox.close()
    as_it_was_before(path)
    again = open_outbox(path)
    assert state(again, rows, Q2) == Recorded(unchanged=8)
    events = leaving(again)
    assert [(event["sex"], event["revision"]) for event in events] == [("_U", 1)] * 8
    assert node_of(again, Q1) == BOTTOM._replace(sex=1)


def as_it_was_before(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("DELETE FROM settings WHERE name = 'quarters'")
    db.execute("DROP INDEX slots_of_window")
    for table in ("held", "windows"):
        db.execute(f"DROP TABLE {table}")
    for table, name, _ in ADDED:
        db.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    db.commit()
    db.close()
