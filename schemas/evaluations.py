"""From holders' answers to the evaluated elements: every proof checked, two shares combined.

The rules:

1. An answer counts only if its proof holds under the key that the trust document names for its
   holder in that year. One that does not is named, and nothing is made of any of the answers:
   whoever asked may leave it out and go on with others.
2. A whole key needs one answer, shares need two. All proofs are checked, also of a third answer.
3. What comes out is the same whichever holders answered, and the same before a key is split.

An adapter holds each answer against `check` when it comes, and combines when there are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schemas import oprf, threshold
from schemas.linkage import Evaluation
from schemas.linkage_errors import EvaluationMisplaced, WrongLinkageKey
from schemas.oprf_errors import ElementInvalid, OprfBatchInvalid, ProofInvalid, TooFewHolders
from schemas.ristretto import Element, read_elements
from schemas.trust import LinkageEpoch, LinkageShare


def check(epoch: LinkageEpoch, blinded: Sequence[bytes], evaluation: Evaluation) -> LinkageShare:
    """Verifies the proof of one answer.

    Args:
        epoch: The year's entry of the trust document.
        blinded: What was asked.
        evaluation: The answer, its signature verified (`schemas.linkage.open_evaluation`).

    Returns:
        The holder's entry.

    Raises:
        WrongLinkageKey: It was not made with the holder's key, or the holder has none.
        EvaluationMisplaced: It is a refusal, or of another year.
    """
    share = _share(epoch, evaluation)
    public = bytes.fromhex(share.public)
    try:
        oprf.verify(public, blinded, evaluation.elements, evaluation.proof)
    except (ProofInvalid, ElementInvalid, OprfBatchInvalid):
        raise WrongLinkageKey(got=evaluation.holder) from None
    return share


def check_and_combine(
    epoch: LinkageEpoch, blinded: Sequence[bytes], evaluations: Iterable[Evaluation]
) -> list[Element]:
    """The evaluated elements, in the order asked, as the whole key would have given them.

    Args:
        epoch: The year's entry of the trust document.
        blinded: What was asked.
        evaluations: Answers to that request; a holder's last one counts.

    Raises:
        WrongLinkageKey: One was not made with its holder's key; names the holder.
        EvaluationMisplaced: One is a refusal, or of another year.
        TooFewHolders: There are fewer than the year's key needs.
        ElementInvalid: What was asked holds something that is no element.
    """
    asked = read_elements(blinded)
    answers = {_share(epoch, one).index: one for one in evaluations}
    if len(answers) < epoch.needed:
        raise TooFewHolders(expected=f"{epoch.needed} answers", got=f"{len(answers)}")
    if epoch.needed == 1:
        check(epoch, asked, answers[0])
        return read_elements(answers[0].elements)
    parts = {index: (one.elements, one.proof) for index, one in answers.items()}
    publics = {share.index: bytes.fromhex(share.public) for share in epoch.shares}
    try:
        return threshold.combine(parts, asked, publics)
    except (ProofInvalid, ElementInvalid, OprfBatchInvalid):
        for one in answers.values():
            check(epoch, asked, one)
        raise


def _share(epoch: LinkageEpoch, evaluation: Evaluation) -> LinkageShare:
    """The entry of who answered, if it is an answer of that year at all."""
    if evaluation.code:
        raise EvaluationMisplaced(expected=f"an evaluation of {epoch.epoch}", got="a refusal")
    if evaluation.epoch != epoch.epoch:
        raise EvaluationMisplaced(expected=f"an evaluation of {epoch.epoch}", got="another year's")
    for share in epoch.shares:
        if share.holder == evaluation.holder:
            return share
    raise WrongLinkageKey(expected=f"a holder of {epoch.epoch}", got="somebody else's answer")
