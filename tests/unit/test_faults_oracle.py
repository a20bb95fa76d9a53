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
from tests.faults.oracle import Counted, Difference, Fact, compare, undisturbed

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
