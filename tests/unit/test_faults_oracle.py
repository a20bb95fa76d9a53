"""What holds a disturbed run against the oracle notices every single fact and number."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from country_adapters import AUTHORITIES
from deploy.demo import prepare
from deploy.home import init_site
from processors.release.log import Message
from schemas.releases import Release
from tests.faults.oracle import Counted, Difference, Fact, compare, undisturbed
from tests.faults.releases import compare as compare_releases
from tests.published import PLATFORM_KEY, remeasured, trusting
from tests.published import releases as published

FACTS = st.dictionaries(
    st.tuples(st.binary(min_size=1, max_size=2), st.binary(min_size=1, max_size=2)),
    st.just(1),
    min_size=1,
    max_size=8,
)
CELL = ("VIC_IDENT", "TUN", "2021", ())


def counted(facts: dict[Fact, int], cells: int = 3) -> Counted:
    return Counted({CELL: cells}, Counter(facts))  # type: ignore[dict-item]


@given(FACTS)
def test_the_same_is_no_difference(facts: dict[Fact, int]) -> None:
    assert not compare(counted(facts), counted(facts))


@given(FACTS, st.data())
def test_a_fact_that_is_missing_is_lost(facts: dict[Fact, int], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(sorted(facts)))
    less = {fact: n for fact, n in facts.items() if fact != gone}
    assert compare(counted(less), counted(facts)) == Difference(lost=1, twice=0, cells=0)


@given(FACTS, st.data())
def test_a_fact_that_stands_twice_is_seen(facts: dict[Fact, int], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(sorted(facts)))
    more = {**facts, again: 2}
    assert compare(counted(more), counted(facts)) == Difference(lost=0, twice=1, cells=0)


@given(FACTS, st.data())
def test_a_fact_that_says_something_else_is_both(
    facts: dict[Fact, int], data: st.DataObject
) -> None:
    reference, content = data.draw(st.sampled_from(sorted(facts)))
    other = {fact: n for fact, n in facts.items() if fact != (reference, content)}
    other[reference, content + b"?"] = 1
    assert compare(counted(other), counted(facts)) == Difference(lost=1, twice=1, cells=0)


@pytest.mark.parametrize("number", [0, 2, 4])
def test_a_number_that_is_off_by_one_is_seen(number: int) -> None:
    facts: dict[Fact, int] = {(b"a", b"b"): 1}
    assert compare(counted(facts, number), counted(facts, 3)).cells == 1


def test_the_oracle_says_the_same_twice_and_knows_every_fact(tmp_path: Path) -> None:
    place = prepare(init_site(tmp_path / "site", AUTHORITIES))
    registers = {"lb.isf": place.registers["lb.isf"]}
    first = undisturbed(registers, tmp_path / "site", tmp_path / "1")
    again = undisturbed(registers, tmp_path / "site", tmp_path / "2")
    assert first == again
    assert first.total > 1_500
    assert set(first.facts.values()) == {1}


# --- Releases ------------------------------------------------------------------------------------


def told(*made: Release) -> list[Message]:
    return [Message.of(release, PLATFORM_KEY) for release in made]


F1, F2, E1 = (published()[name] for name in ("F1", "F2", "E1"))
OTHER = remeasured(F1.key)
MOVED = sum(a != b for a, b in zip(F1.observations, OTHER.observations, strict=True))
"""Noise of other records is the same here and there by chance."""


@pytest.mark.parametrize(
    ("found", "difference"),
    [
        (told(F1, F2), Difference()),
        (told(F2, F1), Difference()),
        (told(F1), Difference(lost=1, cells=len(F2.observations))),
        (told(F1, F2, F2), Difference(twice=1)),
        (told(F1, F2, E1), Difference(twice=1, cells=len(E1.observations))),
        (told(OTHER, F2), Difference(cells=MOVED)),
    ],
)  # fmt: skip
def test_of_releases_what_is_missing_twice_or_other_is_seen(
    found: list[Message], difference: Difference
) -> None:
    assert compare_releases(found, told(F1, F2), trusting()) == difference
