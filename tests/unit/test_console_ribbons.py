"""The layout of a Sankey diagram: heights add up, nothing overlaps, the order is the one given."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.charts.ribbons import Layout, Span, Stream, edge, layout

HEIGHT, GAP = 600.0, 16.0
keys = st.sampled_from("ABCDEFGH")
streams = st.lists(
    st.builds(Stream, keys, keys, st.integers(1, 500)),
    min_size=1,
    max_size=40,
    unique_by=lambda one: (one.source, one.target),
)


def laid(told: list[Stream]) -> Layout:
    return layout(told, HEIGHT, GAP)


def high(span: Span) -> float:
    return span[1] - span[0]


@given(streams)
def test_a_block_is_as_high_as_its_ribbons_and_all_have_one_scale(told: list[Stream]) -> None:
    found = laid(told)
    scale = high(found.ribbons[0].leaves) / told[0].value
    assert scale > 0
    leaving: dict[str, float] = defaultdict(float)
    arriving: dict[str, float] = defaultdict(float)
    for one in found.ribbons:
        assert high(one.leaves) == pytest.approx(one.stream.value * scale)
        assert high(one.arrives) == pytest.approx(one.stream.value * scale)
        leaving[one.stream.source] += high(one.leaves)
        arriving[one.stream.target] += high(one.arrives)
    assert {key: high(span) for key, span in found.sources.items()} == pytest.approx(dict(leaving))
    assert {key: high(span) for key, span in found.targets.items()} == pytest.approx(dict(arriving))


@given(streams)
def test_blocks_stand_apart_in_the_order_given_and_within_the_height(told: list[Stream]) -> None:
    found = laid(told)
    assert list(found.sources) == list(dict.fromkeys(one.source for one in told))
    assert list(found.targets) == list(dict.fromkeys(one.target for one in told))
    for column in (found.sources, found.targets):
        spans = list(column.values())
        assert spans[0][0] >= -1e-6
        assert spans[-1][1] <= HEIGHT + 1e-6
        assert all(below[0] - above[1] >= GAP - 1e-6 for above, below in pairwise(spans))
        # Centred: as much room above as below.
        assert spans[0][0] == pytest.approx(HEIGHT - spans[-1][1], abs=1e-6)


@given(streams)
def test_ribbons_of_a_block_fill_it_and_do_not_overlap(told: list[Stream]) -> None:
    found = laid(told)
    for side, column in (("leaves", found.sources), ("arrives", found.targets)):
        for key, span in column.items():
            end = "source" if side == "leaves" else "target"
            here = sorted(
                getattr(one, side) for one in found.ribbons if getattr(one.stream, end) == key
            )
            assert here[0][0] == pytest.approx(span[0])
            assert here[-1][1] == pytest.approx(span[1])
            assert all(one[1] == pytest.approx(other[0]) for one, other in pairwise(here))


@given(streams)
def test_ribbons_of_one_block_do_not_cross(told: list[Stream]) -> None:
    found = laid(told)
    for one in found.ribbons:
        for other in found.ribbons:
            if one.stream.source == other.stream.source and one.leaves[0] < other.leaves[0]:
                assert one.arrives[0] < other.arrives[0]


@given(streams)
def test_the_same_streams_lie_in_the_same_places(told: list[Stream]) -> None:
    assert laid(told) == laid(list(told))


@given(streams, st.integers(2, 9))
def test_only_shares_decide(told: list[Stream], times: int) -> None:
    more = [Stream(one.source, one.target, one.value * times) for one in told]
    for one, other in zip(laid(told).ribbons, laid(more).ribbons, strict=True):
        assert one.leaves == pytest.approx(other.leaves)
        assert one.arrives == pytest.approx(other.arrives)


def test_nothing_lies_nowhere() -> None:
    assert layout([], HEIGHT, GAP) == Layout({}, {}, [])


@given(st.floats(0, 300), st.floats(0, 300), st.floats(1, 50))
def test_a_ribbon_keeps_its_height_and_goes_one_way(begin: float, end: float, tall: float) -> None:
    way = edge((begin, begin + tall), (end, end + tall))
    assert (way[0], way[-1]) == (
        (0, begin, begin + tall),
        (1, pytest.approx(end), pytest.approx(end + tall)),
    )
    assert all(bottom - top == pytest.approx(tall) for _, top, bottom in way)
    tops = [top for _, top, _ in way]
    assert all(sign * (b - a) >= -1e-6 for a, b in pairwise(tops) for sign in [end - begin])
