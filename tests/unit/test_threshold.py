"""A key in three hands: any two are the key, one is nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from random import Random
from secrets import token_bytes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.linkage_errors import LinkageError
from schemas.oprf import blind, evaluate, evaluate_unproven, public_of, token, unblind
from schemas.oprf_errors import (
    ElementInvalid,
    KeyShareInvalid,
    OprfBatchInvalid,
    ProofInvalid,
    TooFewHolders,
)
from schemas.ristretto import (
    IDENTITY,
    Element,
    Scalar,
    generated,
    inverse,
    minus,
    multiple,
    plus,
    random_scalar,
    small,
    times,
    total,
)
from schemas.threshold import (
    HOLDERS,
    Answer,
    check,
    combine,
    refresh,
    split,
    weights_of,
)

INPUTS = [b"v1|PHONE|+21620000101", b"v1|PLATE|TUN:RS:123:4567"]
PAIRS = list(combinations(HOLDERS, 2))
keys = st.integers(0, 2**64 - 1).map(lambda seed: random_scalar(Random(seed).randbytes))

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)


def publics_of(shares: dict[int, Scalar]) -> dict[int, Element]:
    return {holder: public_of(share) for holder, share in shares.items()}


def answers_of(shares: dict[int, Scalar], blinded: list[Element]) -> dict[int, Answer]:
    return {holder: evaluate(share, blinded, token_bytes) for holder, share in shares.items()}


def tokens_of(shares: dict[int, Scalar], inputs: list[bytes]) -> list[bytes]:
    """What these holders make together, without anyone's proof being asked for."""
    blinds, blinded = blind(inputs, token_bytes)
    weights = weights_of(shares)
    parts = [
        [multiple(weights[holder], element) for element in evaluate_unproven(share, blinded)]
        for holder, share in shares.items()
    ]
    return unblind(inputs, blinds, [total(each) for each in zip(*parts, strict=True)])


class TestTwoHoldersAreTheKey:
    @given(keys, st.lists(st.binary(max_size=30), min_size=1, max_size=4))
    def test_every_pair_and_all_three_make_the_tokens_of_the_key(
        self, key: Scalar, inputs: list[bytes]
    ) -> None:
        shares = split(key, token_bytes)
        blinds, blinded = blind(inputs, token_bytes)
        answers = answers_of(shares, blinded)
        expected = [token(key, one) for one in inputs]
        for holders in (*PAIRS, HOLDERS):
            some = {holder: answers[holder] for holder in holders}
            evaluated = combine(some, blinded, publics_of(shares))
            assert evaluated == evaluate_unproven(key, blinded)
            assert unblind(inputs, blinds, evaluated) == expected

    def test_in_whatever_order_they_answer(self) -> None:
        shares = split(small(7), token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        answers = answers_of(shares, blinded)
        for one, two in PAIRS:
            backwards = {two: answers[two], one: answers[one]}
            combined = combine(backwards, blinded, publics_of(shares))
            assert combined == evaluate_unproven(small(7), blinded)

    @pytest.mark.parametrize(
        ("pair", "weights"),
        [((1, 2), (2, -1)), ((2, 3), (3, -2)), ((3, 1), (-1, 3)), ((1, 3), (3, -1))],
    )
    def test_weights_are_those_of_a_line(
        self, pair: tuple[int, int], weights: tuple[int, int]
    ) -> None:
        apart = small(1 if abs(pair[0] - pair[1]) == 1 else 2)
        found = weights_of(pair)
        assert [times(found[holder], apart) for holder in pair] == [small(w) for w in weights]


class TestOneHolderIsNothing:
    @given(keys, keys, st.sampled_from(HOLDERS))
    def test_its_share_fits_every_key_equally_well(
        self, key: Scalar, any_key: Scalar, holder: int
    ) -> None:
        """For each other key there is exactly one line through it and the share."""
        share = split(key, token_bytes)[holder]
        slope = times(minus(share, any_key), inverse(small(holder)))
        assert split(any_key, lambda length: slope.ljust(length, b"\0"))[holder] == share

    @given(keys, st.sampled_from(HOLDERS))
    def test_its_answer_is_not_the_tokens_and_new_with_each_splitting(
        self, key: Scalar, holder: int
    ) -> None:
        found = {token(split(key, token_bytes)[holder], b"one") for _ in range(3)}
        assert len(found | {token(key, b"one")}) == 4

    @pytest.mark.parametrize("holder", HOLDERS)
    def test_it_is_not_enough_to_combine(self, holder: int) -> None:
        shares = split(random_scalar(token_bytes), token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        alone = {holder: evaluate(shares[holder], blinded, token_bytes)}
        for answers in (alone, {}):
            with pytest.raises(TooFewHolders):
                combine(answers, blinded, publics_of(shares))

    @pytest.mark.parametrize("holder", HOLDERS)
    def test_it_cannot_speak_for_another(self, holder: int) -> None:
        """One share sent under two numbers is no second holder."""
        shares = split(random_scalar(token_bytes), token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        own = evaluate(shares[holder], blinded, token_bytes)
        foreign = holder % 3 + 1
        with pytest.raises(ProofInvalid) as named:
            combine({holder: own, foreign: own}, blinded, publics_of(shares))
        assert named.value.got == f"holder {foreign}"


def _made_with(share: Scalar) -> Callable[[Answer, list[Element]], Answer]:
    return lambda _, blinded: evaluate(share, blinded, token_bytes)


WRONG: dict[str, tuple[Callable[[Answer, list[Element]], Answer], type[LinkageError], str]] = {
    "another key": (_made_with(small(11)), ProofInvalid, ""),
    "a proof of something else": (lambda a, _: (a[0], a[1][::-1]), ProofInvalid, ""),
    "swapped elements": (lambda a, _: (a[0][::-1], a[1]), ProofInvalid, ""),
    "the identity": (lambda a, _: ([a[0][0], IDENTITY], a[1]), ElementInvalid, ", element 2"),
    "one too few": (lambda a, _: (a[0][:1], a[1]), OprfBatchInvalid, ", 2, 1"),
}


class TestAWrongHolderIsNamed:
    @every_pair
    @pytest.mark.parametrize(("wrong", "error", "more"), WRONG.values(), ids=WRONG)
    def test_whatever_it_does(
        self,
        pair: tuple[int, int],
        wrong: Callable[[Answer, list[Element]], Answer],
        error: type[LinkageError],
        more: str,
    ) -> None:
        shares = split(random_scalar(token_bytes), token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        answers = answers_of({holder: shares[holder] for holder in pair}, blinded)
        answers[pair[1]] = wrong(answers[pair[1]], blinded)
        with pytest.raises(error) as named:
            combine(answers, blinded, publics_of(shares))
        assert named.value.got == f"holder {pair[1]}{more}"

    def test_even_if_two_others_would_do(self) -> None:
        shares = split(random_scalar(token_bytes), token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        answers = answers_of({**shares, 3: small(11)}, blinded)
        with pytest.raises(ProofInvalid, match="holder 3"):
            combine(answers, blinded, publics_of(shares))

    @pytest.mark.parametrize("stranger", [0, 4, -1])
    def test_one_that_does_not_exist_too(self, stranger: int) -> None:
        shares = split(random_scalar(token_bytes), token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        answers = answers_of({1: shares[1], stranger: shares[2]}, blinded)
        with pytest.raises(KeyShareInvalid, match=f"holder {stranger}"):
            combine(answers, blinded, {**publics_of(shares), stranger: public_of(shares[2])})

    def test_and_one_whose_key_nobody_announced(self) -> None:
        shares = split(random_scalar(token_bytes), token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        with pytest.raises(KeyShareInvalid, match="holder 2"):
            combine(answers_of(shares, blinded), blinded, {1: public_of(shares[1])})


class TestRenewedShares:
    @given(keys)
    def test_make_the_same_tokens_and_are_all_new(self, key: Scalar) -> None:
        old = split(key, token_bytes)
        new = refresh(old, token_bytes)
        assert not set(old.values()) & set(new.values())
        check(publics_of(new), public_of(key))
        for pair in PAIRS:
            made = tokens_of({holder: new[holder] for holder in pair}, INPUTS)
            assert made == [token(key, one) for one in INPUTS]

    @given(keys)
    def test_do_not_fit_old_ones(self, key: Scalar) -> None:
        old = split(key, token_bytes)
        new = refresh(old, token_bytes)
        for one, two in PAIRS:
            for mixed in ({one: old[one], two: new[two]}, {one: new[one], two: old[two]}):
                made = tokens_of(mixed, INPUTS)
                assert not set(made) & {token(key, each) for each in INPUTS}

    def test_old_ones_are_noticed_by_their_proofs(self) -> None:
        old = split(random_scalar(token_bytes), token_bytes)
        new = refresh(old, token_bytes)
        _, blinded = blind(INPUTS, token_bytes)
        mixed = answers_of({1: new[1], 2: old[2]}, blinded)
        with pytest.raises(ProofInvalid, match="holder 2"):
            combine(mixed, blinded, publics_of(new))

    def test_are_made_of_three_of_one_splitting_only(self) -> None:
        old = split(random_scalar(token_bytes), token_bytes)
        new = refresh(old, token_bytes)
        for bad in ({1: old[1], 2: old[2]}, {**old, 4: old[1]}, {**old, 2: new[2]}, {}):
            with pytest.raises(KeyShareInvalid):
                refresh(bad, token_bytes)

    def test_are_drawn_again_if_one_would_be_zero(self) -> None:
        draws = [small(-3), small(5)]
        waiting = iter(draws)
        made = split(small(6), lambda length: next(waiting).ljust(length, b"\0"))
        assert made == {1: small(11), 2: small(16), 3: small(21)}


ANNOUNCED: dict[str, Callable[[dict[int, Any], Scalar], dict[int, Any]]] = {
    "one is another's": lambda p, _: {**p, 2: p[1]},
    "two are swapped": lambda p, _: {**p, 1: p[2], 2: p[1]},
    "one is moved a little": lambda p, _: {**p, 3: total([p[3], generated(small(1))])},
    "one is missing": lambda p, _: {1: p[1], 2: p[2]},
    "there is a fourth": lambda p, _: {**p, 4: p[1]},
    "all are of another key": lambda _, key: publics_of(split(plus(key, small(1)), token_bytes)),
}


class TestAnnouncedKeys:
    @given(keys)
    def test_of_one_splitting_belong_to_the_key(self, key: Scalar) -> None:
        check(publics_of(split(key, token_bytes)), public_of(key))

    @pytest.mark.parametrize("change", ANNOUNCED.values(), ids=ANNOUNCED)
    def test_that_do_not_belong_together_are_refused(
        self, change: Callable[[dict[int, Any], Scalar], dict[int, Any]]
    ) -> None:
        key = random_scalar(token_bytes)
        publics = publics_of(split(key, token_bytes))
        with pytest.raises(KeyShareInvalid):
            check(change(publics, key), public_of(key))

    def test_that_are_no_elements_are_refused(self) -> None:
        publics = publics_of(split(small(7), token_bytes))
        with pytest.raises(ElementInvalid):
            check({**publics, 1: IDENTITY}, public_of(small(7)))
