"""D6: cases of two countries that were done in the same way."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.alerts.facts import LOOK_BACK, CaseProfile
from processors.alerts.means import ALIKE, FEWEST_NEIGHBOURS, find_means
from tests.unit.detection import NOW, key, profile

MANNER = ("FORM:BEG", "MEANS:KIDS", "CHANNEL:FAMILY", "ROUTE:LAND")
"""A way of working that only the cases below have."""


def others(count: int = 40) -> list[CaseProfile]:
    """Cases that have little in common with anything."""
    return [
        profile(f"MAR/{n}", *(f"{kind}:{(n * step) % 13}" for kind, step in KINDS.items()))
        for n in range(count)
    ]


KINDS = {"FORM": 3, "MEANS": 5, "CHANNEL": 7, "ROUTE": 11}


def alike(tunisian: int, lebanese: int, *codes: str) -> list[CaseProfile]:
    return [
        profile(f"{country}/{n}", *(codes or MANNER))
        for country, count in (("TUN", tunisian), ("LBN", lebanese))
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("what", "cases", "is_found"),
    [
        ("seven in two countries", alike(4, 3), True),
        ("six: each has five neighbours", alike(3, 3), False),
        ("seven in one country", alike(7, 0), False),
        ("three codes are too few", alike(4, 3, *MANNER[:3]), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_way_of_working_is_found(what: str, cases: list[CaseProfile], is_found: bool) -> None:
    found = find_means([*cases, *others()], NOW)
    assert bool(found) is is_found, what
    for lead in found:
        assert set(lead.cases) == {p.holder for p in cases}
        assert lead.detector == "D6"
        assert lead.tokens == ()


def test_one_code_of_five_may_differ_if_it_is_no_rarer_than_the_rest() -> None:
    """Worked by hand: of 100 cases, four codes are in 7 and the fifth of each case in one."""
    cases = [
        profile(f"{country}/{n}", *MANNER, f"ROUTE:own {country} {n}")
        for country, count in (("TUN", 4), ("LBN", 3))
        for n in range(count)
    ]
    total = len(cases) + 93
    shared, own = 4 * log(total / 7), log(total)
    assert shared / (shared + 2 * own) < ALIKE  # 10.6 / 19.8: two codes of their own are too many.
    assert find_means([*cases, *others(93)], NOW) == []
    cases[0] = profile("TUN/0", *MANNER)
    assert shared / (shared + own) > ALIKE  # 10.6 / 15.2: one is not.


def test_a_case_between_belongs_to_the_cluster_of_its_nearest_core() -> None:
    """It has one code of its own and six neighbours or fewer, so it is no core itself."""
    cases = alike(4, 3)
    edge = profile("JOR/1", *MANNER, "MEANS:own")
    (lead,) = find_means([*cases, edge, *others()], NOW)
    assert key("JOR/1") in lead.cases
    assert lead.countries == ("JOR", "LBN", "TUN")


def test_what_is_older_than_the_look_back_is_not_compared() -> None:
    old = [profile(f"TUN/{n}", *MANNER, month=NOW - LOOK_BACK) for n in range(4)]
    assert find_means([*old, *alike(0, 3), *others()], NOW) == []


_profiles = st.lists(
    st.builds(
        lambda case, codes: profile(case, *codes),
        st.builds("{}/{}".format, st.sampled_from(("TUN", "LBN")), st.integers(0, 20)),
        st.sets(st.sampled_from("ABCDEFGH"), min_size=4),
    ),
    max_size=40,
    unique_by=lambda p: p.holder,
)


@settings(deadline=None, max_examples=60)
@given(_profiles)
def test_clusters_are_those_of_the_definition(profiles: list[CaseProfile]) -> None:
    """Every core of a cluster against the formula, pair by pair."""
    codes = sorted({code for p in profiles for code in p.codes})
    weight = {c: log(len(profiles) / sum(c in p.codes for p in profiles)) for c in codes}

    def likeness(a: CaseProfile, b: CaseProfile) -> float:
        either = sum(weight[c] for c in a.codes | b.codes)
        return sum(weight[c] for c in a.codes & b.codes) / either if either > 0 else 0.0

    near = {
        p.holder: [q for q in profiles if q is not p and likeness(p, q) >= ALIKE - 1e-9]
        for p in profiles
    }
    cores = {case for case, neighbours in near.items() if len(neighbours) >= FEWEST_NEIGHBOURS}
    expected = set()
    for case in cores:
        reached, edge = {case}, [case]
        while edge:
            more = {q.holder for q in near[edge.pop()] if q.holder in cores} - reached
            reached |= more
            edge.extend(more)
        if len({c.country for c in reached}) > 1:
            expected.add(frozenset(reached))
    found = {frozenset(cores & set(lead.cases)) for lead in find_means(profiles, NOW)}
    assert expected <= found
    for lead in find_means(profiles, NOW):
        for case in set(lead.cases) - cores:
            assert any(q.holder in cores & set(lead.cases) for q in near[case])
