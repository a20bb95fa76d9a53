"""A key of linkage tokens in three hands, of which two are needed (Shamir, 1979).

Whoever holds a whole key can try all telephone numbers of a country in an hour. So it is split:

1. The key is the value at zero of a random straight line over the scalars; holder 1, 2 and 3 have
   its values at 1, 2 and 3. Two points fix the line. One point fits every key equally well.
2. A holder evaluates with its share as if that were a key (`schemas.oprf.evaluate`), and proves it
   against the public half of the share. Its answer alone is as far from the token as a random one.
3. The answers of two holders, weighted, are what the whole key would have answered: same tokens
   from every pair, and the same as before the key was split. The key itself is never put together.
4. Every proof is checked before answers are combined: a wrong holder is named.
5. Shares are renewed by adding a random line through zero: same key, same tokens, and a share that
   was stolen before does not fit one stolen after.

`check` is for whoever announces keys: it holds the public halves of the shares against that of the
whole key. Weights come from the holders' numbers, which are public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from schemas.oprf import verify
from schemas.oprf_errors import (
    ElementInvalid,
    KeyShareInvalid,
    OprfBatchInvalid,
    ProofInvalid,
    TooFewHolders,
)
from schemas.oprf_hashing import VOPRF, Context
from schemas.ristretto import (
    ZERO,
    Element,
    Scalar,
    inverse,
    minus,
    multiple,
    plus,
    random_scalar,
    read_element,
    read_elements,
    small,
    times,
    total,
)

if TYPE_CHECKING:
    from schemas.envelope import Random

HOLDERS = (1, 2, 3)
THRESHOLD = 2

Answer = tuple[Sequence[bytes], bytes]
"""What a holder gives: evaluated elements, and their proof."""


# --- Making shares -------------------------------------------------------------------------------


def split(key: Scalar, random: Random) -> dict[int, Scalar]:
    """Splits a key.

    Returns:
        A share for each holder, by its number.
    """
    return _step_on(dict.fromkeys(HOLDERS, key), random)


def refresh(shares: Mapping[int, Scalar], random: Random) -> dict[int, Scalar]:
    """New shares of the same key; all holders take theirs, and destroy the old.

    Raises:
        KeyShareInvalid: They are not the shares of all three holders, or not of one splitting.
    """
    if set(shares) != set(HOLDERS):
        raise KeyShareInvalid(expected="a share of each of holders 1, 2 and 3")
    first, middle, last = (shares[holder] for holder in HOLDERS)
    if plus(first, last) != plus(middle, middle):
        raise KeyShareInvalid(expected="shares on one line", got="shares of several splittings")
    return _step_on(shares, random)


def _step_on(shares: Mapping[int, Scalar], random: Random) -> dict[int, Scalar]:
    """Adds a random line through zero; no share becomes zero, which would have no public half."""
    while True:
        slope = random_scalar(random)
        stepped = {
            holder: plus(share, times(small(holder), slope)) for holder, share in shares.items()
        }
        if ZERO not in stepped.values():
            return stepped


# --- Using them ----------------------------------------------------------------------------------


def combine(
    answers: Mapping[int, Answer],
    blinded: Sequence[bytes],
    publics: Mapping[int, bytes],
    context: Context = VOPRF,
) -> list[Element]:
    """Makes one evaluation of those of two holders.

    Args:
        answers: What holders gave, by their numbers. Of three all proofs are checked, two are used.
        blinded: What they were sent.
        publics: The announced public halves of shares, by the holders' numbers.
        context: The mode.

    Returns:
        What the whole key would have given, for `schemas.oprf.unblind`.

    Raises:
        TooFewHolders: Fewer than two have answered.
        KeyShareInvalid: There is no such holder, or no public key of its share.
        ProofInvalid: A holder did not use its share; it is named.
        ElementInvalid, OprfBatchInvalid: A holder's answer does not fit; it is named, too.
    """
    if len(answers) < THRESHOLD:
        raise TooFewHolders(expected=f"{THRESHOLD} holders", got=str(len(answers)))
    for holder, (evaluated, proof) in sorted(answers.items()):
        _check_answer(holder, blinded, evaluated, proof, publics, context)
    pair = {holder: answers[holder][0] for holder in sorted(answers)[:THRESHOLD]}
    weights = weights_of(pair)
    weighted = [
        [multiple(weights[holder], element) for element in read_elements(evaluated)]
        for holder, evaluated in pair.items()
    ]
    return [total(parts) for parts in zip(*weighted, strict=True)]


def _check_answer(
    holder: int,
    blinded: Sequence[bytes],
    evaluated: Sequence[bytes],
    proof: bytes,
    publics: Mapping[int, bytes],
    context: Context,
) -> None:
    if holder not in HOLDERS or holder not in publics:
        raise KeyShareInvalid(expected="a holder whose key is announced", got=f"holder {holder}")
    try:
        verify(publics[holder], blinded, evaluated, proof, context)
    except (ProofInvalid, ElementInvalid, OprfBatchInvalid) as error:
        got = ", ".join(part for part in (f"holder {holder}", error.got) if part)
        raise type(error)(expected=error.expected, got=got) from None


def weights_of(holders: Sequence[int] | Mapping[int, object]) -> dict[int, Scalar]:
    """How much each of two holders' answers counts (Lagrange's weights at zero)."""
    one, other = holders
    apart = inverse(small(other - one))
    return {one: times(small(other), apart), other: minus(ZERO, times(small(one), apart))}


def check(publics: Mapping[int, bytes], whole: bytes) -> None:
    """Holds the public halves of all shares against that of the whole key.

    Raises:
        KeyShareInvalid: Some pair of holders would make other tokens than the key.
        ElementInvalid: One of them is no element.
    """
    if set(publics) != set(HOLDERS):
        raise KeyShareInvalid(expected="a public key for each of holders 1, 2 and 3")
    key = read_element(whole)
    points = {holder: read_element(public) for holder, public in publics.items()}
    for pair in combinations(HOLDERS, THRESHOLD):
        weights = weights_of(pair)
        if total(multiple(weights[holder], points[holder]) for holder in pair) != key:
            raise KeyShareInvalid(got=f"holders {pair[0]} and {pair[1]}")
