"""D1, and which tokens are of one identifier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.detect import process
from processors.alerts.facts import LOOK_BACK, Finding, Sighting
from processors.alerts.identify import identifiers, identify
from processors.alerts.shared import find_shared
from tests.unit.detection import NOW, key, sight, sightings, token

LONG_AGO = NOW - LOOK_BACK


def shared(*seen: Sighting) -> tuple[Finding, ...]:
    return process(seen, (), NOW).shared


@pytest.mark.parametrize(
    ("what", "seen", "countries"),
    [
        ("nothing", [], []),
        ("one case", [sight("TUN/1", "a")], []),
        ("two cases of one country", [sight("TUN/1", "a"), sight("TUN/2", "a")], []),
        ("two identifiers", [sight("TUN/1", "a"), sight("LBN/1", "b")], []),
        ("two countries", [sight("TUN/1", "a"), sight("LBN/1", "a")], [("LBN", "TUN")]),
        (
            "three countries",
            [sight("TUN/1", "a"), sight("LBN/1", "a"), sight("JOR/1", "a")],
            [("JOR", "LBN", "TUN")],
        ),
        (
            "an old token and a new one, tied by who states both",
            [sight("TUN/1", "old"), sight("TUN/2", "new", "old"), sight("LBN/1", "new")],
            [("LBN", "TUN")],
        ),
        (
            "an old token and a new one that nobody ties",
            [sight("TUN/1", "old"), sight("LBN/1", "new")],
            [],
        ),
        (
            "a sighting just inside the look-back",
            [sight("TUN/1", "a", month=LONG_AGO + 1), sight("LBN/1", "a")],
            [("LBN", "TUN")],
        ),
        (
            "a sighting just outside the look-back",
            [sight("TUN/1", "a", month=LONG_AGO), sight("LBN/1", "a")],
            [],
        ),
        ("a sighting dated ahead", [sight("TUN/1", "a", month=NOW + 1), sight("LBN/1", "a")], []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_identifier_of_two_countries_is_found(
    what: str, seen: list[Sighting], countries: list[tuple[str, ...]]
) -> None:
    assert [finding.countries for finding in shared(*seen)] == countries, what


def test_a_finding_holds_all_that_an_alert_needs() -> None:
    (finding,) = shared(
        sight("TUN/1", "a", month=NOW - 3, role="RECRUIT"),
        sight("TUN/2", "a", month=NOW - 1, role="BROKER"),
        sight("LBN/1", "a", month=NOW, role="RECRUIT", backed=False),
    )
    assert finding.detector == "D1"
    assert finding.tokens == (token("a"),)
    assert finding.cases == tuple(sorted([key("TUN/1"), key("TUN/2"), key("LBN/1")]))
    assert finding.cases_by_country == {"LBN": 1, "TUN": 2}
    assert finding.roles == ("BROKER", "RECRUIT")
    assert finding.link_types == ("PHONE",)
    assert (finding.first, finding.last) == (NOW - 3, NOW)
    assert finding.unbacked == {key("LBN/1")}
    assert finding.authorities == ("lb.isf", "tn.inltp")
    assert finding.strength == (3, 2, 2, 1)


def test_equal_pseudonyms_of_two_authorities_are_two_cases() -> None:
    one = sight("TUN/1", "a")
    other = Sighting(b"x", "LBN", "lb.isf", one.case, one.tokens, "PHONE", "RECRUIT", NOW)
    (finding,) = shared(one, other)
    assert finding.strength.cases == 2


def test_a_case_is_backed_if_any_sighting_of_it_is() -> None:
    (finding,) = shared(
        sight("TUN/1", "a", backed=False, fact="1"),
        sight("TUN/1", "a", backed=True, fact="2"),
        sight("LBN/1", "a"),
    )
    assert finding.unbacked == frozenset()


# --- For every stream -----------------------------------------------------------------------------


@given(sightings, st.randoms(use_true_random=False))
def test_the_order_in_which_tokens_come_does_not_matter_to_who_they_are(seen, random) -> None:
    mixed = list(seen)
    random.shuffle(mixed)
    assert identify(mixed) == identify(seen)


@given(sightings)
def test_two_sightings_are_of_one_identifier_if_a_path_of_shared_tokens_joins_them(seen) -> None:
    """Against the definition itself: what can be reached by shared tokens, step by step."""
    numbers = identify(seen)
    for sighting in seen:
        reached = set(sighting.tokens)
        while more := {t for s in seen if reached & set(s.tokens) for t in s.tokens} - reached:
            reached |= more
        assert reached == {t for t in numbers if numbers[t] == numbers[sighting.tokens[0]]}


@given(sightings, st.integers(0, 29))
def test_one_sighting_more_never_loses_a_country(seen, position) -> None:
    """Before hubs: that many cases more make a hub is another rule."""
    if not seen:
        return
    one = seen[position % len(seen)]
    fewer = [s for s in seen if s != one]
    before, after = (
        {t: f.countries for f in find_shared(identifiers(part)) for t in f.tokens}
        for part in (fewer, seen)
    )
    for name, countries in before.items():
        assert set(countries) <= set(after[name])
