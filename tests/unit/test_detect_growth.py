"""D2: components across borders, computed anew and kept up to date."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.alerts.detect import process
from processors.alerts.facts import LOOK_BACK, Sighting, is_recent
from processors.alerts.growth import WINDOW, Size, components, recent_of
from processors.alerts.hubs import HUB_CASES, Stop, part
from processors.alerts.identify import identifiers
from processors.alerts.streaming import Growth
from tests.unit.detection import NOW, sight, sightings, token

STOPS = {token("g"): Stop("tn.inltp", "HOTLINE", NOW)}


def growth(*seen: Sighting) -> list[tuple[int, tuple[str, ...], int]]:
    return [(f.strength.cases, f.countries, f.level) for f in process(seen, (), NOW, STOPS).growth]


def star(name: str, *cases: str, month: int = NOW) -> list[Sighting]:
    return [sight(case, name, month=month) for case in cases]


@pytest.mark.parametrize(
    ("what", "seen", "grown"),
    [
        ("two cases", star("a", "TUN/1", "LBN/1"), []),
        ("three of one country", star("a", "TUN/1", "TUN/2", "TUN/3"), []),
        ("three of two", star("a", "TUN/1", "TUN/2", "LBN/1"), [(3, ("LBN", "TUN"), 0)]),
        ("five", star("a", *(f"TUN/{n}" for n in range(4)), "LBN/1"), [(5, ("LBN", "TUN"), 0)]),
        ("six", star("a", *(f"TUN/{n}" for n in range(5)), "LBN/1"), [(6, ("LBN", "TUN"), 1)]),
        ("twelve", star("a", *(f"TUN/{n}" for n in range(11)), "LBN/1"), [(12, ("LBN", "TUN"), 2)]),
        ("a stopped line", star("g", "TUN/1", "TUN/2", "LBN/1"), []),
        (
            "one of them older than the window",
            [*star("a", "TUN/1", month=NOW - WINDOW), *star("a", "TUN/2", "LBN/1")],
            [],
        ),
        (
            "two networks that nothing ties",
            [*star("a", "TUN/1", "TUN/2", "LBN/1"), *star("b", "MAR/1", "MAR/2", "JOR/1")],
            [(3, ("LBN", "TUN"), 0), (3, ("JOR", "MAR"), 0)],
        ),
        (
            "two that one case ties, each far enough alone",
            [*star("a", "TUN/1", "TUN/2", "LBN/1"), *star("b", "LBN/1", "LBN/2", "JOR/1")],
            [(5, ("JOR", "LBN", "TUN"), 0)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_component_has_grown(what: str, seen: list[Sighting], grown: object) -> None:
    assert sorted(growth(*seen)) == sorted(grown), what


def test_a_bridge_that_chance_also_builds_is_not_told() -> None:
    """Two lines of two cases meet in one. Of those that could meet as well, there are none."""
    bridged = [*star("a", "TUN/1", "TUN/2"), *star("b", "TUN/2", "LBN/1")]
    assert growth(*bridged) == []


def test_bridges_that_chance_does_not_build_are_told() -> None:
    """The same pair of cases again and again, among many cases that the lines might be in."""
    chain = [
        sight(case, f"line {number}", month=NOW - number)
        for number in range(6)
        for case in (
            ("TUN/a", "TUN/b"),
            ("TUN/b", "LBN/c"),
            ("LBN/c", "LBN/d"),
            ("LBN/d", "TUN/e"),
            ("TUN/e", "TUN/f"),
            ("TUN/f", "LBN/g"),
        )[number]
    ]
    others = [
        sight(f"{country}/{month} {number}", f"own {country} {month} {number}", month=month)
        for country in ("TUN", "LBN")
        for month in range(NOW - 6, NOW + 1)
        for number in range(40)
    ]
    assert growth(*chain, *others) == [(7, ("LBN", "TUN"), 1)]


# --- One by one -----------------------------------------------------------------------------------


def computed_anew(seen: list[Sighting], now: int) -> set[frozenset]:
    recent = [s for s in seen if is_recent(s.month, now)]
    free, _ = part(identifiers(recent), STOPS)
    return {
        frozenset(case for each in component for case in each.cases)
        for component in components(recent_of(free, now))
    }


@settings(deadline=None)
@given(sightings, st.sets(st.integers(0, 29), max_size=5), st.integers(0, 3))
def test_kept_up_to_date_is_the_same_as_computed_anew(seen, withdrawn, later) -> None:
    kept = Growth(NOW, STOPS)
    for number, sighting in enumerate(seen):
        kept.add(sighting)
        if number % 7 == 0:
            assert kept.components() == computed_anew(seen[: number + 1], NOW)
    assert kept.components() == computed_anew(seen, NOW)
    gone = {seen[n].fact for n in withdrawn if n < len(seen)}
    for fact in gone:
        kept.withdraw(fact)
    standing = [s for s in seen if s.fact not in gone]
    assert kept.components() == computed_anew(standing, NOW)
    kept.advance(NOW + later)
    assert kept.components() == computed_anew(standing, NOW + later)


@settings(deadline=None)
@given(sightings, st.integers(0, 29))
def test_what_is_withdrawn_is_as_if_it_had_never_been_there(seen, position) -> None:
    if not seen:
        return
    one = seen[position % len(seen)]
    kept, never = Growth(NOW, STOPS), Growth(NOW, STOPS)
    for sighting in seen:
        kept.add(sighting)
        if sighting is not one:
            never.add(sighting)
    kept.withdraw(one.fact)
    assert kept.components() == never.components()


def test_it_is_told_at_three_cases_and_at_each_doubling_once() -> None:
    kept = Growth(NOW)
    told = [kept.add(s) for s in star("a", "LBN/0", *(f"TUN/{n}" for n in range(13)))]
    news = {number: size for number, size in enumerate(told, start=1) if size}
    assert news == {3: Size(3, 2), 6: Size(6, 2), 12: Size(12, 2)}


def test_a_fact_that_comes_twice_is_told_once() -> None:
    kept = Growth(NOW)
    seen = star("a", "TUN/1", "TUN/2", "LBN/1")
    assert [bool(kept.add(s)) for s in (*seen, *seen)] == [False, False, True, False, False, False]


def test_an_identifier_that_becomes_a_hub_holds_nothing_together_any_longer() -> None:
    kept = Growth(NOW)
    seen = star("a", *(f"TUN/{n}" for n in range(HUB_CASES)), "LBN/1")
    for sighting in seen[:-1]:
        kept.add(sighting)
    assert [len(cases) for cases in kept.components()] == [HUB_CASES]
    kept.add(seen[-1])
    assert kept.components() == set()


def test_what_is_older_than_the_look_back_is_forgotten() -> None:
    kept = Growth(NOW)
    for month in range(NOW, NOW + 60):
        kept.advance(month)
        for number in range(10):
            kept.add(sight(f"TUN/{month} {number}", "a", f"b{number}", month=month))
        assert len(kept) <= 10 * LOOK_BACK
    assert len(kept) == 10 * LOOK_BACK
