"""The rules of the chain, as a table; and that no disorder changes where it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.chain import GENESIS_HASH, Head, Link, Step, advance, follow, suspend
from schemas.errors import ChainError, SouthmedError, tree


def digest(text: str) -> bytes:
    return text.encode().ljust(32, b".")


HEAD = Head(epoch=2, sequence=3, hash=digest("2/3"))
SUSPENDED = suspend(HEAD)
NEXT = Link(2, 4, previous_hash=digest("2/3"), hash=digest("2/4"))
OPENING = Link(3, 1, previous_hash=GENESIS_HASH, hash=digest("3/1"))

RULES: list[tuple[str, Head, Link, bytes | None, int, Step | str]] = [
    # what, head, link, hash seen at its position, epoch announced, outcome
    ("the first batch", Head(), Link(1, 1, GENESIS_HASH, digest("1/1")), None, 1, Step.EXTENDS),
    ("the next batch", HEAD, NEXT, None, 2, Step.EXTENDS),
    ("the next one, a new epoch announced", HEAD, NEXT, None, 3, Step.EXTENDS),
    ("the same batch again", HEAD, NEXT, NEXT.hash, 2, Step.DUPLICATES),
    ("the same again, suspended", SUSPENDED, NEXT, NEXT.hash, 2, Step.DUPLICATES),
    ("the same again, of a closed epoch", HEAD, replace(NEXT, epoch=1), NEXT.hash, 2,
     Step.DUPLICATES),
    ("another batch at a position seen", HEAD, NEXT, digest("other"), 2, "EQUIVOCATION"),
    ("another one, suspended", SUSPENDED, NEXT, digest("other"), 2, "EQUIVOCATION"),
    ("another one, of a closed epoch", HEAD, replace(NEXT, epoch=1), digest("other"), 2,
     "STALE_EPOCH"),
    ("a new batch of a closed epoch", HEAD, replace(NEXT, epoch=1), None, 2, "STALE_EPOCH"),
    ("a batch ahead", HEAD, replace(NEXT, sequence=5), None, 2, "CHAIN_GAP"),
    ("far ahead", HEAD, replace(NEXT, sequence=2**62), None, 2, "CHAIN_GAP"),
    ("behind, though never seen", HEAD, replace(NEXT, sequence=2), None, 2, "CHAIN_GAP"),
    ("the wrong batch before", HEAD, replace(NEXT, previous_hash=digest("x")), None, 2,
     "BROKEN_LINK"),
    ("genesis in the middle", HEAD, replace(NEXT, previous_hash=GENESIS_HASH), None, 2,
     "BROKEN_LINK"),
    ("the next batch, suspended", SUSPENDED, NEXT, None, 2, "STREAM_SUSPENDED"),
    ("a gap, suspended", SUSPENDED, replace(NEXT, sequence=9), None, 2, "STREAM_SUSPENDED"),
    ("a new epoch, announced", HEAD, OPENING, None, 3, Step.EXTENDS),
    ("a new epoch frees the suspended", SUSPENDED, OPENING, None, 3, Step.EXTENDS),
    ("a new epoch, not announced", HEAD, OPENING, None, 2, "EPOCH_NOT_OPENED"),
    ("an epoch further than announced", HEAD, replace(OPENING, epoch=4), None, 3,
     "EPOCH_NOT_OPENED"),
    ("an epoch that was skipped", HEAD, OPENING, None, 4, "EPOCH_NOT_OPENED"),
    ("a new epoch from its middle", HEAD, replace(OPENING, sequence=2), None, 3, "CHAIN_GAP"),
    ("a new epoch that continues the old", HEAD, replace(OPENING, previous_hash=HEAD.hash), None,
     3, "BROKEN_LINK"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "link", "seen", "announced", "outcome"),
    [pytest.param(*row[1:], id=row[0]) for row in RULES],
)
def test_what_may_follow_what(
    head: Head, link: Link, seen: bytes | None, announced: int, outcome: Step | str
) -> None:
    if isinstance(outcome, Step):
        assert follow(head, link, seen=seen, announced_epoch=announced) is outcome
        return
    with pytest.raises(SouthmedError) as caught:
        follow(head, link, seen=seen, announced_epoch=announced)
    assert caught.value.code == outcome


def test_every_error_of_the_chain_has_a_row() -> None:
    told = {row[-1] for row in RULES if isinstance(row[-1], str)}
    assert told == {error.code for error in tree(ChainError)} - {"CHAIN"}


def test_a_new_epoch_is_not_suspended() -> None:
    assert advance(OPENING) == Head(3, 1, OPENING.hash, suspended=False)


LENGTH = 6
LINKS = [
    Link(1, n, GENESIS_HASH if n == 1 else digest(f"1/{n - 1}"), digest(f"1/{n}"))
    for n in range(1, LENGTH + 1)
]


def run(links: list[Link]) -> tuple[Head, dict[tuple[int, int], bytes]]:
    """The chain as intake runs it: what is refused changes nothing but a suspension."""
    head, seen = Head(), dict[tuple[int, int], bytes]()
    for link in links:
        try:
            step = follow(head, link, seen=seen.get(link.position), announced_epoch=1)
        except SouthmedError as error:
            head = suspend(head) if error.code == "EQUIVOCATION" else head
            continue
        if step is Step.EXTENDS:
            head = advance(link)
            seen[link.position] = link.hash
    return head, seen


@given(st.lists(st.sampled_from(LINKS), max_size=30))
def test_duplicates_and_disorder_never_change_where_the_chain_ends(disorder: list[Link]) -> None:
    """However batches are repeated and mixed, sending them in order afterwards completes them."""
    assert run(disorder + LINKS) == run(LINKS)


@given(st.lists(st.sampled_from(LINKS), max_size=30))
def test_a_chain_never_goes_back_and_has_no_holes(disorder: list[Link]) -> None:
    head, seen = run(disorder)
    assert sorted(seen) == [(1, n) for n in range(1, head.sequence + 1)]
    assert not head.suspended


@given(st.integers(1, LENGTH), st.lists(st.sampled_from(LINKS), max_size=20))
def test_after_two_histories_nothing_is_taken_any_more(at: int, later: list[Link]) -> None:
    fork = replace(LINKS[at - 1], hash=digest("fork"))
    head, seen = run([*LINKS[:at], fork, *later])
    assert head == suspend(advance(LINKS[at - 1]))
    assert len(seen) == at
