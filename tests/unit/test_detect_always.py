"""What holds of all detectors together, whatever was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.alerts.chance import seed_of
from processors.alerts.detect import process
from processors.alerts.facts import LOOK_BACK, CaseProfile, Sighting
from tests.unit.detection import AUTHORITIES, NOW, SEED, profile, sight, sightings, token

profiles = st.lists(
    st.builds(
        lambda case, codes: profile(case, *codes),
        st.builds("{}/{}".format, st.sampled_from(sorted(AUTHORITIES)), st.integers(0, 5)),
        st.sets(st.sampled_from([f"MEANS:{code}" for code in "ABCDEFGH"])),
    ),
    max_size=20,
    unique_by=lambda p: p.holder,
)


@settings(max_examples=40, deadline=None)
@given(sightings, profiles, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(seen, known, random) -> None:
    mixed, others = list(seen), list(known)
    random.shuffle(mixed)
    random.shuffle(others)
    assert process(mixed, others, NOW) == process(seen, known, NOW)


@settings(max_examples=40, deadline=None)
@given(sightings, profiles)
def test_other_pseudonyms_of_cases_change_nothing_but_the_pseudonyms(seen, known) -> None:
    def renamed(case: bytes) -> bytes:
        return token(case.hex())[:16]

    other = process(
        [replace(s, case=renamed(s.case)) for s in seen],
        [replace(p, case=renamed(p.case)) for p in known],
        NOW,
    )
    for one, twin in zip(_told(process(seen, known, NOW), renamed), _told(other), strict=True):
        assert one == twin


def _told(findings, name=lambda case: case):
    """Findings with the names of cases replaced, in an order of their own."""
    told = [
        (
            f.detector,
            f.tokens,
            f.level,
            f.doubtful,
            f.typologies,
            sorted(case._replace(case=name(case.case)) for case in f.cases),
        )
        for f in findings
    ]
    return sorted(told)


@settings(max_examples=40, deadline=None)
@given(sightings)
def test_what_is_too_old_or_dated_ahead_is_as_if_it_were_not_there(seen) -> None:
    recent = [s for s in seen if NOW - LOOK_BACK < s.month <= NOW]
    assert process(seen, (), NOW) == process(recent, (), NOW)


def test_the_seed_is_that_of_the_facts_in_any_order() -> None:
    facts = [s.fact for s in (sight("TUN/1", "a"), sight("LBN/1", "a"))]
    assert seed_of(facts, NOW) == seed_of(reversed(facts), NOW)
    assert seed_of(facts, NOW) != seed_of(facts, NOW + 1)
    assert seed_of(facts, NOW) != seed_of(facts[:1], NOW)
    assert seed_of([b"ab"], NOW) != seed_of([b"a", b"b"], NOW)


def test_a_replay_finds_the_same() -> None:
    seen = _busy()
    assert process(seen, (), NOW) == process(list(seen), (), NOW)
    assert process(seen, (), NOW, seed=SEED) == process(seen, (), NOW, seed=SEED)


def test_analysts_are_told_of_nothing_that_rests_on_tokens_alone() -> None:
    found = process([replace(s, backed=False) for s in _busy()], (), NOW)
    assert found.shared
    assert not found.growth
    assert not found.chains


@pytest.mark.parametrize("profiled", [True, False])
def test_there_is_something_to_be_found_in_these_tests(profiled: bool) -> None:
    seen = _busy()
    known = [CaseProfile(*s.holder, s.month, frozenset({"FORM:SEX"})) for s in seen]
    found = process(seen, known if profiled else (), NOW)
    assert found.shared
    assert found.growth
    assert found.chains
    (growth,) = found.growth
    assert ("ROTATION" in growth.typologies) is profiled
    assert "ROLE_SPLIT" in growth.typologies


def _busy() -> list[Sighting]:
    """One telephone that recruits in Tunisia, drives in Jordan and exploits in Lebanon, thrice."""
    return [
        sight(f"{country}/{passage}", "a", month=NOW - 8 + 3 * passage + step, role=role)
        for passage in range(3)
        for step, (country, role) in enumerate(
            [("TUN", "RECRUIT"), ("JOR", "TRANSP"), ("LBN", "EXPLOIT")]
        )
    ]
