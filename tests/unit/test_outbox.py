"""The outbox: nothing is lost at home, and what a row says now is what is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.errors import OutboxMismatch
from producers.outbox import Outbox
from producers.rows import (
    Draft,
    MappedRow,
    Recorded,
)
from schemas.errors import EventInvalid
from tests.register import (
    ID_KEY,
    draft,
    events_in,
    open_outbox,
    rejected,
    row,
    seal_all,
)
from tests.samples import (
    TUNISIA,
    ref,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    made = open_outbox(path)
    yield made
    made.close()


# --- Recording -----------------------------------------------------------------------------------


def test_rows_and_cursor_are_kept_together(outbox: Outbox) -> None:
    assert outbox.cursor("victims") is None
    assert outbox.record("victims", [row("1", draft("a"))], "row 1") == Recorded(new=1)
    assert outbox.cursor("victims") == "row 1"
    assert outbox.cursor("suspects") is None


def test_a_chunk_that_fails_leaves_nothing(outbox: Outbox) -> None:
    outbox.record("victims", [row("1", draft("a"))], "row 1")
    before = (outbox.tally(), outbox.cursor("victims"), outbox.rejections())
    broken = Draft(ref("c") * 2, {**draft("c").fields, "channel": "PIGEON"})
    chunk = [row("1", draft("a", channel="WEB")), rejected("2"), row("3", draft("b"), broken)]
    with pytest.raises(EventInvalid):
        outbox.record("victims", chunk, "row 3")
    assert (outbox.tally(), outbox.cursor("victims"), outbox.rejections()) == before
    assert outbox.record("victims", [row("1", draft("a"))], "row 1") == Recorded(unchanged=1)


def test_an_interruption_leaves_nothing_and_the_outbox_usable(outbox: Outbox) -> None:
    class Killed(BaseException):
        pass

    class Rows(list[MappedRow]):
        def __iter__(self) -> Iterator[MappedRow]:
            yield row("1", draft("a"))
            raise Killed

    with pytest.raises(Killed):
        outbox.record("victims", Rows(), "row 1")
    assert outbox.tally()["events"] == 0
    assert outbox.record("victims", [row("1", draft("a"))], "row 1") == Recorded(new=1)


def test_what_was_recorded_survives_the_process(path: Path) -> None:
    first = open_outbox(path)
    first.record("victims", [row("1", draft("a"))], "row 1")
    # Not closed: a killed process closes nothing.
    again = open_outbox(path)
    assert (again.cursor("victims"), again.unsealed(0)) == ("row 1", 1)


HISTORIES: list[tuple[str, list[tuple[Draft, ...]], list[Recorded]]] = [
    ("read twice", [(draft("a"),), (draft("a"),)], [Recorded(new=1), Recorded(unchanged=1)]),
    ("corrected", [(draft("a"),), (draft("a", channel="WEB"),)],
     [Recorded(new=1), Recorded(corrected=1)]),
    ("withdrawn", [(draft("a"), draft("b")), (draft("b"),)],
     [Recorded(new=2), Recorded(unchanged=1, withdrawn=1)]),
    ("withdrawn, read twice", [(draft("a"),), (), ()],
     [Recorded(new=1), Recorded(withdrawn=1), Recorded(unchanged=1)]),
    ("back after a withdrawal", [(draft("a"),), (), (draft("a"),)],
     [Recorded(new=1), Recorded(withdrawn=1), Recorded(corrected=1)]),
    ("there and back", [(draft("a"),), (draft("a", channel="WEB"),), (draft("a"),)],
     [Recorded(new=1), Recorded(corrected=1), Recorded(corrected=1)]),
    ("one more fact", [(draft("a"),), (draft("a"), draft("b"))],
     [Recorded(new=1), Recorded(unchanged=1, new=1)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("states", "told"), [pytest.param(*history[1:], id=history[0]) for history in HISTORIES]
)
def test_a_row_states_what_holds_now(
    outbox: Outbox, states: list[tuple[Draft, ...]], told: list[Recorded]
) -> None:
    found = [outbox.record("reports", [row("1", *state)], "1") for state in states]
    assert found == told
    assert outbox.unsealed(0) == sum(t.new + t.corrected + t.withdrawn for t in told)


def test_a_correction_supersedes_the_revision_before_it(outbox: Outbox) -> None:
    for channel in ("HOTLINE", "WEB", "VISIT"):
        outbox.record("reports", [row("1", draft("a", channel=channel))], "1")
    outbox.record("reports", [row("1")], "1")
    events = events_in(seal_all(outbox)[0])
    assert [event["revision"] for event in events] == [0, 1, 2, 3]
    assert [event["supersedes"] for event in events] == [None, *(e["event_id"] for e in events[:3])]
    assert [event["validation"] for event in events] == [*["VALID"] * 3, "WITHDRAWN"]
    assert [event["channel"] for event in events] == ["HOTLINE", "WEB", "VISIT", "VISIT"]


def test_a_fact_may_move_to_another_row(outbox: Outbox) -> None:
    """A register renumbers its rows, or states a fact in two of them: one fact, one event."""
    outbox.record("reports", [row("1", draft("a"))], "1")
    assert outbox.record("reports", [row("2", draft("a"))], "2") == Recorded(unchanged=1)
    assert outbox.record("reports", [row("1")], "1") == Recorded()
    moved = row("3", draft("a", channel="WEB"))
    assert outbox.record("reports", [moved], "3") == Recorded(corrected=1)
    assert outbox.record("reports", [row("2"), moved], "3") == Recorded(unchanged=1)


def test_a_fact_stated_twice_in_a_row_is_one_event(outbox: Outbox) -> None:
    twice = row("1", draft("a"), draft("a"))
    assert outbox.record("reports", [twice], "1") == Recorded(new=1, unchanged=1)


def test_the_order_of_fields_is_no_change(outbox: Outbox) -> None:
    stated = draft("a")
    turned = Draft(stated.slot, dict(reversed(stated.fields.items())))
    outbox.record("reports", [row("1", stated)], "1")
    assert outbox.record("reports", [row("1", turned)], "1") == Recorded(unchanged=1)


# --- Event ids -----------------------------------------------------------------------------------


def ids(outbox: Outbox) -> list[bytes]:
    return [event["event_id"] for batch in seal_all(outbox) for event in events_in(batch)]


def test_a_lost_outbox_makes_the_same_ids_from_the_same_register(tmp_path: Path) -> None:
    register = [row(str(n), draft(f"slot {n}", case_ref=ref(f"case {n}"))) for n in range(20)]
    made = []
    for name in ("lost", "new"):
        outbox = open_outbox(tmp_path / name)
        outbox.record("reports", register, "20")
        made.append(ids(outbox))
    assert made[0] == made[1]
    assert len(set(made[0])) == 20


def test_ids_tell_nothing_without_the_key(tmp_path: Path) -> None:
    first = open_outbox(tmp_path / "first")
    other = Outbox(tmp_path / "other", authority=TUNISIA, streams=1, id_key=b"another key")
    for outbox in (first, other):
        outbox.record("reports", [row("1", draft("a"))], "1")
    (ours,), (theirs,) = ids(first), ids(other)
    assert ours != theirs
    # RFC 9562: version 8, variant 10
    assert (ours[6] >> 4, ours[8] >> 6) == (8, 2)


# --- Rejections ----------------------------------------------------------------------------------


def test_a_rejection_stays_until_the_row_is_mended(outbox: Outbox) -> None:
    assert outbox.record("victims", [rejected("1")], "1") == Recorded(rejected=1)
    outbox.record("victims", [rejected("1", "2")], "1")
    assert [(r.table, r.row) for r in outbox.rejections()] == [("victims", "2")]
    assert outbox.record("victims", [row("1", draft("a"))], "1") == Recorded(new=1)
    assert outbox.rejections() == []


def test_a_row_that_is_broken_later_keeps_what_it_published(outbox: Outbox) -> None:
    outbox.record("victims", [row("1", draft("a"))], "1")
    outbox.record("victims", [rejected("1")], "1")
    assert outbox.unsealed(0) == 1
    assert outbox.record("victims", [row("1", draft("a"))], "1") == Recorded(unchanged=1)


def test_rejections_are_listed_as_a_person_counts(outbox: Outbox) -> None:
    outbox.record("victims", [rejected(n, n) for n in ("10", "9", "2")], "1")
    assert [rejection.row for rejection in outbox.rejections()] == ["2", "9", "10"]


# --- One outbox, one authority -------------------------------------------------------------------


@pytest.mark.parametrize(("authority", "streams"), [("ma.cnclt", 1), (TUNISIA, 2)])
def test_an_outbox_serves_one_authority(path: Path, authority: str, streams: int) -> None:
    open_outbox(path).close()
    with pytest.raises(OutboxMismatch):
        Outbox(path, authority=authority, streams=streams, id_key=ID_KEY)
