"""What can come back instead of a token: refusals of a holder, and a holder that is not believed.

A refusal travels as a code in a signed answer. None of these texts holds an element.
"""

from __future__ import annotations

from schemas.errors import SouthmedError


class LinkageError(SouthmedError):
    """An evaluation is not given, or not believed."""

    code = "LINKAGE"
    summary = "there is no evaluation to use"


class QuotaExceeded(LinkageError):
    """The authority has asked for more elements than it may at present."""

    code = "QUOTA_EXCEEDED"
    summary = "more elements than the authority may ask for at present"
    advice = (
        "Send the same request again when enough is left, or ask the trustee for a written grant."
    )


class RequestReused(LinkageError):
    """A request's id was used before, for other elements or another year."""

    code = "REQUEST_REUSED"
    summary = "the id of the request was used for another one"
    advice = "Ask again under a new id. If it was not you, find out who else holds the key."


class KeyNotHeld(LinkageError):
    """The holder does not have the key that the trust document names for it."""

    code = "KEY_NOT_HELD"
    summary = "the holder does not have the key that is announced"
    advice = "The trustee compares `southmed linkage status` with the trust document; ask later."


class WrongLinkageKey(LinkageError):
    """A holder's answer was not made with the key that the trust document names for it."""

    code = "WRONG_LINKAGE_KEY"
    summary = "the answer was not made with the announced key"
    advice = (
        "Use none of its elements. If the key was split or renewed meanwhile, ask again under a"
        " new id; otherwise report the holder to the others."
    )


class EvaluationMisplaced(LinkageError):
    """An evaluation answers another request, or is a refusal."""

    code = "EVALUATION_MISPLACED"
    summary = "not an evaluation of this request"
    advice = "Ignore it, and wait for the holder's answer."
