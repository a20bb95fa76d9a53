"""Tokens and the keys that they are made with: of years, and in three hands."""

from __future__ import annotations

from pathlib import Path
from secrets import token_bytes

from producers.requests import Linked
from schemas.linkage_keys import refresh_shares
from tests.tokens import (
    HOLDERS,
    HOUR,
    KEYS,
    PHONES,
    YEAR_MS,
    Desk,
    a_trustee,
    entry,
    identifier,
    inner,
    naming,
    said,
    with_linkage,
)
from tests.world import a_world

FIRST = PHONES[0]

# --- Years ---------------------------------------------------------------------------------------


def test_the_year_before_is_asked_for_along_with_the_first(tmp_path: Path) -> None:
    world = with_linkage(a_world(), entry("2024"), entry("2025"), entry("2026"))
    desk, trustee = Desk(tmp_path / "o.sqlite", world), a_trustee(tmp_path, world.trust)
    desk.state(naming("1", identifier("1", FIRST)))
    desk.ask(trustee)
    assert said(desk) == [("2026", inner(FIRST, "2026"), inner(FIRST, "2025"), "VALID", 0)]


def test_in_a_new_year_identifiers_are_asked_for_anew_and_their_events_corrected(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path / "o.sqlite")
    desk.state(naming("1", identifier("1", FIRST)))
    desk.ask(a_trustee(tmp_path, desk.world.trust))
    desk.now += YEAR_MS
    desk.asking.prepare()
    assert desk.asking.to_send() == [], "the new year has no key yet"
    desk.world = with_linkage(a_world(), entry("2026"), entry("2027"))
    trustee = a_trustee(tmp_path, desk.world.trust)
    desk.ask(trustee)
    assert said(desk) == [
        ("2026", inner(FIRST, "2026"), None, "VALID", 0),
        ("2027", inner(FIRST, "2027"), inner(FIRST, "2026"), "VALID", 1),
    ]
    assert trustee.used == 1, "the token of the year before was known"


def test_a_key_of_a_year_to_come_is_not_used_yet(tmp_path: Path) -> None:
    world = with_linkage(a_world(), entry("2026"), entry("2027"))
    desk, trustee = Desk(tmp_path / "o.sqlite", world), a_trustee(tmp_path, world.trust)
    desk.state(naming("1", identifier("1", FIRST)))
    desk.ask(trustee)
    assert [line[0] for line in said(desk)] == ["2026"]


def test_a_site_without_keys_asks_for_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "o.sqlite", a_world())
    desk.state(naming("1", identifier("1", FIRST)))
    desk.asking.prepare()
    assert desk.asking.to_send() == []
    assert desk.outbox.linked() == [Linked("PHONE", 1, 0, 0, 0)]


def test_a_year_whose_key_nobody_has_any_more_does_not_hold_up_the_present_one(
    tmp_path: Path,
) -> None:
    world = with_linkage(a_world(), entry("2025"), entry("2026"))
    desk = Desk(tmp_path / "o.sqlite", world)
    trustee = a_trustee(tmp_path, world.trust, keys=[KEYS["2026"]])
    desk.state(naming("1", *(identifier("1", f"+2162{n:07}") for n in range(900))))
    desk.ask(trustee)
    assert desk.outbox.linked() == [Linked("PHONE", 0, 0, 0, 900)]
    assert {r["code"] for r in desk.outbox.unanswered()} == {"KEY_NOT_HELD"}


# --- Holders -------------------------------------------------------------------------------------


def test_two_holders_of_three_are_enough_and_one_is_nothing(tmp_path: Path) -> None:
    shares = KEYS["2026"].split(token_bytes)
    world = with_linkage(a_world(), entry("2026", shares))
    holders = [
        a_trustee(tmp_path, world.trust, holder, [share])
        for holder, share in zip(HOLDERS, shares, strict=True)
    ]
    desk = Desk(tmp_path / "o.sqlite", world)
    desk.state(naming("1", identifier("1", FIRST)))
    desk.asking.prepare()
    (request,) = desk.asking.to_send()
    desk.asking.take(holders[2].answer(desk.asking.signed(request)))
    assert desk.outbox.linked() == [Linked("PHONE", 0, 1, 0, 0)]
    desk.start()
    desk.asking.take(holders[0].answer(desk.asking.signed(request)))
    desk.asking.prepare()
    assert said(desk) == [("2026", inner(FIRST, "2026"), None, "VALID", 0)]


def test_shares_renewed_between_two_answers_are_asked_for_again(tmp_path: Path) -> None:
    old = KEYS["2026"].split(token_bytes)
    new = refresh_shares(old, token_bytes)
    desk = Desk(tmp_path / "o.sqlite", with_linkage(a_world(), entry("2026", old)))
    desk.state(naming("1", identifier("1", FIRST)))
    desk.asking.prepare()
    (request,) = desk.asking.to_send()
    first = a_trustee(tmp_path, desk.world.trust, HOLDERS[0], [old[0]])
    desk.asking.take(first.answer(desk.asking.signed(request)))
    desk.world = with_linkage(a_world(), entry("2026", new))
    holders = [
        a_trustee(tmp_path, desk.world.trust, holder, [share])
        for holder, share in zip(HOLDERS, new, strict=True)
    ]
    desk.asking.take(holders[1].answer(desk.asking.signed(request)))
    assert desk.outbox.linked() == [Linked("PHONE", 0, 0, 1, 0)]
    desk.now += 2 * HOUR
    desk.ask(*holders)
    assert said(desk) == [("2026", inner(FIRST, "2026"), None, "VALID", 0)]
