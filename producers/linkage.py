"""What a sighting says, which years' keys tokens are made under, and what is made of answers.

The rules:

1. Tokens are made under the key of this year, or of the last year that has one, and under that of
   the year before it, if it has one: so what was told last year is still found.
2. A sighting tells no place finer than the country and the month of its fact.
3. A request asks for one year, under a random id.

Pure functions; `producers.asking` keeps the books, `producers.linker` speaks to Kafka.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from producers.requests import Asked, Built
from schemas import oprf
from schemas.codec import decode_as
from schemas.envelope import Random
from schemas.evaluations import check_and_combine
from schemas.linkage import (
    REQUEST_ID_LENGTH,
    TOKEN_LENGTH,
    Evaluation,
    open_evaluation,
)
from schemas.ristretto import Scalar
from schemas.topics import COUNTRY_CODES
from schemas.trust import LinkageEpoch, TrustDocument

_COUNTRIES = {code: country for country, code in COUNTRY_CODES.items()}
_CODE = re.compile(r"[A-Z][A-Z_]{1,59}")
UNREADABLE = "UNREADABLE"
"""Stands for a code that is none: it is a holder's word, and shown to people."""


def years(trust: TrustDocument, this_year: int) -> list[LinkageEpoch]:
    """The years under whose keys tokens are made now, oldest first: none, one or two."""
    past = [one for one in trust.linkage if int(one.epoch) <= this_year]
    if not past:
        return []
    before = str(int(past[-1].epoch) - 1)
    return [one for one in past[-2:-1] if one.epoch == before] + past[-1:]


def sighting(authority: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """The event about an identifier, without what the outbox assigns.

    Args:
        authority: Whose outbox it is in.
        one: What is kept of the identifier, its newest token with its epoch, and that before.
    """
    names = ("case_ref", "period", "link_type", "token", "norm_version", "role")
    return {
        **{name: one[name] for name in (*names, "evidence_grade", "expires")},
        "event_type": "network.linkage",
        "producer": authority,
        "country": _COUNTRIES[authority[:2]],
        "region": "_U",
        "region_level": "NATIONAL",
        "validation": "VALID",
        "conf_status": "F",
        "suppressed_fields": [],
        "token_epoch": one["epoch"],
        "previous_token": one["previous"],
    }


def build(inputs: Sequence[bytes], random: Random) -> Built:
    """Makes a request of inputs, under a new id."""
    blinds, elements = oprf.blind(inputs, random)
    return Built(random(REQUEST_ID_LENGTH), blinds, elements)


def read_answer(message: bytes, authority: str, trust: TrustDocument) -> Evaluation | None:
    """An answer to an authority, once its holder's signature was verified; None if to another.

    Raises:
        WireError, SealError: As `schemas.linkage.open_evaluation`.
    """
    payload = decode_as("signed_statement", message)["payload"]
    claimed = decode_as("linkage_evaluation", payload)
    if claimed["authority"] != authority:
        return None
    return open_evaluation(message, claimed["holder"], trust)


def code_in(evaluation: Evaluation) -> str:
    """The code of a refusal, as it may be shown."""
    return evaluation.code if _CODE.fullmatch(evaluation.code) else UNREADABLE


def tokens_of(
    epoch: LinkageEpoch, asked: Asked, evaluations: Iterable[Evaluation]
) -> dict[bytes, bytes]:
    """The tokens of what a request asked, by the names of the identifiers.

    Raises:
        LinkageError, OprfError: As `schemas.evaluations.check_and_combine`.
    """
    evaluated = check_and_combine(epoch, asked.elements, evaluations)
    outputs = oprf.unblind(asked.inputs, [Scalar(blind) for blind in asked.blinds], evaluated)
    return {n: out[:TOKEN_LENGTH] for n, out in zip(asked.names, outputs, strict=True)}
