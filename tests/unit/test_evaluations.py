"""Holders' answers: who is believed, and that any two of three come to what the whole key gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from secrets import token_bytes

import pytest

from schemas.evaluations import check, check_and_combine
from schemas.linkage import Evaluation, identifier_input
from schemas.linkage_errors import EvaluationMisplaced, WrongLinkageKey
from schemas.linkage_keys import LinkageKey, refresh_shares
from schemas.oprf import blind, token, unblind
from schemas.oprf_errors import ElementInvalid, TooFewHolders
from schemas.topics import HOLDERS
from schemas.trust import LinkageEpoch, LinkageShare

NAMES = [identifier_input("PHONE", f"+2162000010{number}") for number in range(3)]
BLINDS, BLINDED = blind(NAMES, token_bytes)
WHOLE = LinkageKey.generate("2026", token_bytes)
SHARES = WHOLE.split(token_bytes)
OTHER = LinkageKey.generate("2026", token_bytes)
TOKENS = [token(WHOLE._scalar, name) for name in NAMES]


def announced(keys: Sequence[LinkageKey]) -> LinkageEpoch:
    shares = [
        LinkageShare(holder=holder, index=key.holder, public=key.public.public.hex())
        for holder, key in zip(HOLDERS, keys, strict=False)
    ]
    return LinkageEpoch(epoch="2026", public=WHOLE.public.public.hex(), shares=shares)


def answer(holder: str, key: LinkageKey, blinded: Sequence[bytes] = BLINDED) -> Evaluation:
    elements, proof = key.evaluate(blinded, token_bytes)
    return Evaluation("tn.inltp", bytes(16), "2026", holder, "", tuple(elements), proof, 9)


ALONE, SPLIT = announced([WHOLE]), announced(SHARES)
GOOD = answer(HOLDERS[0], WHOLE)
ANSWERS = [answer(holder, share) for holder, share in zip(HOLDERS, SHARES, strict=True)]


def test_the_holder_of_the_whole_key_is_enough() -> None:
    assert unblind(NAMES, BLINDS, check_and_combine(ALONE, BLINDED, [GOOD])) == TOKENS


@pytest.mark.parametrize("pair", [*combinations(ANSWERS, 2), ANSWERS], ids=len)
def test_any_two_shares_come_to_the_same_and_so_do_all_three(pair: list[Evaluation]) -> None:
    assert unblind(NAMES, BLINDS, check_and_combine(SPLIT, BLINDED, pair)) == TOKENS


def test_renewed_shares_come_to_the_same_and_do_not_mix_with_old_ones() -> None:
    newer = refresh_shares(SHARES, token_bytes)
    answers = [answer(holder, share) for holder, share in zip(HOLDERS, newer, strict=True)]
    epoch = announced(newer)
    assert unblind(NAMES, BLINDS, check_and_combine(epoch, BLINDED, answers[1:])) == TOKENS
    with pytest.raises(WrongLinkageKey, match=r"trustee\.linkage"):
        check_and_combine(epoch, BLINDED, [ANSWERS[0], answers[1]])


def test_one_share_is_not_enough_however_often_it_answers() -> None:
    for answers in ([], ANSWERS[:1], [ANSWERS[0], answer(HOLDERS[0], SHARES[0])]):
        with pytest.raises(TooFewHolders):
            check_and_combine(SPLIT, BLINDED, answers)


def test_one_share_s_answer_is_no_token() -> None:
    """What a leaked share computes is as far from the token as anything else."""
    for share, evaluation in zip(SHARES, ANSWERS, strict=True):
        assert not set(unblind(NAMES, BLINDS, evaluation.elements)) & set(TOKENS)
        assert not {token(share._scalar, name) for name in NAMES} & set(TOKENS)


def swapped(evaluation: Evaluation) -> Evaluation:
    first, second, *rest = evaluation.elements
    return replace(evaluation, elements=(second, first, *rest))


Fault = Callable[[Evaluation], Evaluation]
FAULTS: dict[str, Fault] = {
    "made with another key": lambda one: answer(one.holder, OTHER),
    "made with another holder's share": lambda one: replace(ANSWERS[2], holder=one.holder),
    "in another order": swapped,
    "without its proof": lambda one: replace(one, proof=b""),
    "with another proof": lambda one: replace(one, proof=ANSWERS[2].proof),
    "short of an element": lambda one: replace(one, elements=one.elements[1:]),
    "with something that is no element": lambda one: replace(
        one, elements=(b"\xff" * 32, *one.elements[1:])
    ),
    "with the identity": lambda one: replace(one, elements=(bytes(32), *one.elements[1:])),
    "to another question": lambda one: answer(one.holder, SHARES[1], blind(NAMES, token_bytes)[1]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_answer_is_found_out_and_its_holder_named(fault: str) -> None:
    wrong = FAULTS[fault](ANSWERS[1])
    with pytest.raises(WrongLinkageKey, match=r"trustee\.coe"):
        check(SPLIT, BLINDED, wrong)
    for answers in ([ANSWERS[0], wrong], [wrong, ANSWERS[2]], [ANSWERS[0], wrong, ANSWERS[2]]):
        with pytest.raises(WrongLinkageKey, match=r"trustee\.coe"):
            check_and_combine(SPLIT, BLINDED, answers)


def test_a_whole_key_that_is_not_the_announced_one_is_found_out() -> None:
    with pytest.raises(WrongLinkageKey, match=r"trustee\.linkage"):
        check_and_combine(ALONE, BLINDED, [answer(HOLDERS[0], OTHER)])


def test_somebody_who_holds_nothing_is_not_believed() -> None:
    with pytest.raises(WrongLinkageKey):
        check_and_combine(ALONE, BLINDED, [replace(GOOD, holder="trustee.coe")])


@pytest.mark.parametrize("change", [{"code": "QUOTA_EXCEEDED"}, {"epoch": "2027"}])
def test_a_refusal_or_another_year_s_answer_is_no_evaluation(change: dict[str, str]) -> None:
    fields = {**vars(GOOD), **change}
    with pytest.raises(EvaluationMisplaced):
        check_and_combine(ALONE, BLINDED, [Evaluation(**fields)])


def test_what_was_asked_must_be_elements() -> None:
    with pytest.raises(ElementInvalid):
        check_and_combine(ALONE, [bytes(32), *BLINDED[1:]], [GOOD])
