"""A long inbox comes in parts: every alert on one of them, and none twice."""

from __future__ import annotations

import pytest

from deploy.alerts.reader import Told
from deploy.console.alerts.boards import Access, Board
from deploy.console.i18n import tongue
from deploy.console.views.inbox import AT_ONCE, Chosen, Inbox, inbox
from schemas.alerts import CONTACTS
from tests.console.world import TODAY
from tests.unit.console_guard import only


def board_of(number: int) -> Board:
    """A board with so many alerts."""
    board = Board(CONTACTS["TUN"], Access.LIVE)
    for one in range(number):
        board = board.having(Told(only("tun").model_copy(update={"id": f"{one:032x}"}), TODAY))
    return board


def picked(page: Inbox) -> dict[str, str]:
    """What its lists show; where nothing is picked that is the first entry."""
    return {
        name: next((one.code for one in listed if one.chosen), listed[0].code)
        for name, listed in page.choices.items()
    }


def part_of(board: Board, part: int) -> Inbox:
    return inbox([board], Chosen(part=part), tongue("en"))


@pytest.mark.parametrize(
    ("number", "parts"), [(0, 1), (1, 1), (AT_ONCE, 1), (AT_ONCE + 1, 2), (3 * AT_ONCE, 3)]
)
def test_every_alert_stands_on_one_part_and_on_no_other(number: int, parts: int) -> None:
    board = board_of(number)
    shown = [part_of(board, part) for part in range(1, parts + 1)]
    found = [line.id for one in shown for line in one.lines]
    assert sorted(found) == sorted(board.alerts)
    assert all(len(one.lines) <= AT_ONCE for one in shown)
    assert {(one.fitting, one.parts) for one in shown} == {(number, parts)}


def test_a_part_leads_to_the_one_before_and_the_one_after_with_what_was_chosen() -> None:
    board = board_of(3 * AT_ONCE)
    chosen = Chosen(state="NEW", country="TUN", part=2)
    newer, older = inbox([board], chosen, tongue("en")).others
    assert newer == "state=NEW&detector=&country=TUN&quarter=&part=1"
    assert older == "state=NEW&detector=&country=TUN&quarter=&part=3"
    assert part_of(board, 1).others[0] == part_of(board, 3).others[1] == ""


def test_who_asks_for_a_part_that_is_no_longer_there_sees_the_last() -> None:
    board = board_of(AT_ONCE + 1)
    assert part_of(board, 9).part == 2
    assert [line.id for line in part_of(board, 9).lines] == [f"{0:032x}"]


@pytest.mark.parametrize(
    "chosen",
    [
        Chosen(state="DISMISSED"),
        Chosen(state="ALL", detector="D5"),
        Chosen(country="JOR"),
        Chosen(quarter="2019-Q1"),
    ],
)
def test_what_an_address_chooses_stands_in_the_lists_even_if_nothing_is_called_so(
    chosen: Chosen,
) -> None:
    found = inbox([], chosen, tongue("fr"))
    assert found.lines == []
    assert {name: getattr(chosen, name) for name in found.choices} == picked(found)


def test_what_has_no_meaning_chooses_nothing() -> None:
    nonsense = Chosen("X", "D9", "XXX", "2026-Q9")
    assert nonsense.known() == Chosen()
    assert set(picked(inbox([], nonsense, tongue("en"))).values()) == {""}
