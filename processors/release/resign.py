"""Signs again what this site published, once its key for releases is in other hands.

Whoever holds the key can sign anything, so from the moment it is declared compromised nothing that
it signed is believed, what we published ourselves included. The rules:

1. Only what this site wrote down when it published is signed again: the same bytes, so nothing is
   measured anew and nothing is spent. What stands on the topic decides nothing.
2. The note must verify under an earlier trust document, kept here, in which its key was sound.
3. The newest message of a key must be the note, or what the note withdraws. Otherwise somebody said
   something later, and signing the note would take that back: the key is left as it is.
4. Every message that does not verify, and that no note stands for, is told with its code.
5. A message is written down before it is sent, as when it was published: a process that dies
   anywhere is run again. What verifies already is not sent again.

`schemas.releases.stands_for` says which later message lets readers pass over one of the old key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from processors.release.errors import EarlierTrustMissing, ReleaseNotOurs
from processors.release.log import Message
from schemas.errors import KeyCompromised, SealError, SouthmedError
from schemas.keys import SigningKey
from schemas.releases import sign_release, stands_for
from schemas.trust import TrustDocument


class State(StrEnum):
    """What becomes of a key of the topic."""

    SOUND = "sound"
    DUE = "signed again"
    REFUSED = "refused"


class Verdict(NamedTuple):
    """A key of the topic, and what becomes of it."""

    key: str
    state: State
    error: SouthmedError | None = None


class Plan(NamedTuple):
    """What is to be sent, and what is to be told of each key."""

    due: list[Message]
    verdicts: list[Verdict]


def judge(
    topic: Sequence[Message],
    notes: Mapping[str, Message],
    trust: TrustDocument,
    earlier: Iterable[TrustDocument],
    signer: SigningKey,
) -> Plan:
    """Decides on every key that stands on the topic or in the notes.

    Args:
        topic: All messages, oldest first.
        notes: What this site published, by key.
        trust: The trust document in force.
        earlier: Those before it, as far as they are kept.
        signer: The new key.
    """
    before, due, verdicts = list(earlier), [], []
    by_key: dict[str, list[Message]] = {key: [] for key in notes}
    for message in topic:
        by_key.setdefault(message.key, []).append(message)
    for key, messages in sorted(by_key.items()):
        note, state, error = notes.get(key), State.SOUND, None
        try:
            again = None if note is None else _signed(note, messages, trust, before, signer)
            if again is not None:
                due.append(again)
                state = State.DUE
            _check_rest(messages, note if again else None, trust)
        except SouthmedError as found:
            state, error = State.REFUSED, found
        verdicts.append(Verdict(key, state, error))
    return Plan(due, verdicts)


def _signed(
    note: Message,
    messages: Sequence[Message],
    trust: TrustDocument,
    earlier: Sequence[TrustDocument],
    signer: SigningKey,
) -> Message | None:
    """The note under a key that is believed; None where the topic says the same soundly.

    Raises:
        EarlierTrustMissing: No document that is kept lets the note verify.
        ReleaseNotOurs: The topic says something else, and later.
        SouthmedError: The note is not what it was when it was written.
    """
    if any(_verifies(m, trust) and stands_for(note.value, m.value) for m in messages):
        return None
    if messages and not stands_for(messages[-1].value, note.value):
        raise ReleaseNotOurs(expected="the newest message as this site noted it")
    try:
        note.open(trust)
    except KeyCompromised:
        if not any(_verifies(note, document) for document in earlier):
            raise EarlierTrustMissing(expected="a document in which the key was sound") from None
        return note._replace(headers=sign_release(note.value, signer))
    # An earlier run that was killed had signed it, and not sent it.
    return note


def _check_rest(messages: Sequence[Message], again: Message | None, trust: TrustDocument) -> None:
    """Whether readers will believe a key's messages, or pass over them.

    Raises:
        ReleaseNotOurs: One is of the compromised key, and nothing stands for it.
        SouthmedError: One does not verify for another reason.
    """
    for number, message in enumerate(messages):
        try:
            message.open(trust)
        except KeyCompromised:
            later = [m for m in messages[number + 1 :] if _verifies(m, trust)]
            if not any(stands_for(message.value, m.value) for m in (*later, *_one(again))):
                raise ReleaseNotOurs(expected="what this site noted") from None


def _one(message: Message | None) -> tuple[Message, ...]:
    return () if message is None else (message,)


def _verifies(message: Message, trust: TrustDocument) -> bool:
    try:
        message.open(trust)
    except SealError:
        return False
    return True
