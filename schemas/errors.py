"""Everything that can go wrong, as one small tree of named errors.

Three rules hold for every error of southmed:

1. It is named after what happened, and carries a stable ``code`` that receipts, quarantine
   records, rejects files and log lines use. A code is never renamed or given a second meaning.
2. It says what was expected and what came, as far as that can be told without a payload value:
   a sequence number, a field's name, a size. Never a cell of a register or a field of an event.
3. ``advice`` tells the reader what to do next.

The families and the errors of the contract stand here; each room adds its own leaves
(``producers``, ``processors``, ``country_adapters``, ``deploy``). The table in ``docs/errors.md``
is generated from the whole tree (``southmed docs generate``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class SouthmedError(Exception):
    """Base of all errors that southmed raises on purpose.

    Args:
        expected: What would have been right, in words or as a number that is no payload value.
        got: What came instead, under the same rule.

    Example:
        >>> from schemas.errors import ChainGap
        >>> str(ChainGap(expected="sequence 7", got="sequence 9"))
        'CHAIN_GAP: a batch is missing (expected sequence 7, got sequence 9)'
    """

    code: ClassVar[str] = "SOUTHMED"
    summary: ClassVar[str] = "something went wrong"
    advice: ClassVar[str] = ""

    def __init__(self, *, expected: str = "", got: str = "") -> None:
        self.expected = expected
        self.got = got
        super().__init__(expected, got)

    def __str__(self) -> str:
        parts = [
            f"{name} {text}"
            for name, text in (("expected", self.expected), ("got", self.got))
            if text
        ]
        detail = f" ({', '.join(parts)})" if parts else ""
        return f"{self.code}: {self.summary}{detail}"


# --- The wire format -----------------------------------------------------------------------------


class WireError(SouthmedError):
    """Bytes are not what their format says."""

    code = "WIRE"
    summary = "the bytes cannot be read"


class UnknownSchema(WireError):
    """The schema fingerprint is not among those shipped with this version."""

    code = "UNKNOWN_SCHEMA"
    summary = "the schema fingerprint is not known here"
    advice = "Upgrade southmed on this side; the message waits in quarantine until then."


class Undecodable(WireError):
    """Bytes do not decode under the schema they name."""

    code = "UNDECODABLE"
    summary = "the bytes do not decode under their schema"
    advice = "Ask the sender to check the southmed version and the link."


class Oversized(WireError):
    """A message, or what it unpacks to, is larger than the contract allows."""

    code = "OVERSIZED"
    summary = "larger than the contract allows"
    advice = "Seal fewer events a batch."


class Truncated(WireError):
    """A message ends before its format says so, or goes on after."""

    code = "TRUNCATED"
    summary = "the message is cut short or has bytes left over"
    advice = "Send the batch again."


class ReleaseInvalid(WireError):
    """A message of the topic of releases is no release, or not what its statement says."""

    code = "RELEASE_INVALID"
    summary = "not a release as the contract describes it"
    advice = "Do not use it. Ask the platform's operator what was published."


class ReleaseMisplaced(WireError):
    """A release stands under another key than its own, and may hide the one that belongs there."""

    code = "RELEASE_MISPLACED"
    summary = "the release stands under another key than its own"
    advice = "Do not use it. Ask the platform's operator what was published."


# --- Sealing: who signed, for whom ---------------------------------------------------------------


class SealError(SouthmedError):
    """A sealed batch cannot be trusted or opened."""

    code = "SEAL"
    summary = "the seal does not hold"


class WrongPayloadType(SealError):
    """The payload type is not the one this topic carries."""

    code = "WRONG_PAYLOAD_TYPE"
    summary = "the payload type is not the one this topic carries"
    advice = "Check which topic the sender writes to."


class UnknownAuthority(SealError):
    """The trust document does not list the authority."""

    code = "UNKNOWN_AUTHORITY"
    summary = "the authority is not in the trust document"
    advice = "Distribute a trust document that lists it."


class UnknownKey(SealError):
    """The trust document does not list the signing key."""

    code = "UNKNOWN_KEY"
    summary = "the key is not in the trust document"
    advice = "Distribute the trust document that introduces the key, then send again."


class ForeignKey(SealError):
    """The key belongs to another authority, or to another purpose."""

    code = "FOREIGN_KEY"
    summary = "the key does not belong to this authority and purpose"
    advice = "Treat as an attempt to speak for another authority."


class KeyNotYetValid(SealError):
    """The key signs a sequence that lies before its range."""

    code = "KEY_NOT_YET_VALID"
    summary = "the key is not valid yet at this sequence"
    advice = "Sign with the previous key up to the sequence of the roll-over."


class KeyRetired(SealError):
    """The key signs a sequence that lies after its range."""

    code = "KEY_RETIRED"
    summary = "the key was retired before this sequence"
    advice = "Sign with the key that replaced it."


class KeyCompromised(SealError):
    """The key was declared compromised from this sequence or an earlier one."""

    code = "KEY_COMPROMISED"
    summary = "the key is compromised from this sequence on"
    advice = "Have the authority attest the batches again under its new key."


class BadSignature(SealError):
    """No signature over header and payload type verifies."""

    code = "BAD_SIGNATURE"
    summary = "the signature does not verify"
    advice = "Treat as tampering; ask the authority to send the batch again."


class BodyAltered(SealError):
    """The body is not the one whose digest was signed."""

    code = "BODY_ALTERED"
    summary = "the body is not the one that was signed"
    advice = "Treat as tampering; ask the authority to send the batch again."


class NotForUs(SealError):
    """The batch is not encrypted for any key that we hold."""

    code = "NOT_FOR_US"
    summary = "the batch is not encrypted for a key held here"
    advice = "Check the recipients in the trust document on both sides."


class DecryptionFailed(SealError):
    """The body or its key does not open under the bound header."""

    code = "DECRYPTION_FAILED"
    summary = "the body does not open under its header"
    advice = "Treat as tampering; ask the authority to seal the batch again."


class UnsupportedSuite(SealError):
    """The header names a key encapsulation that this build does not offer."""

    code = "UNSUPPORTED_SUITE"
    summary = "the key encapsulation is not supported here"
    advice = "Install the pinned cryptography release, or seal with X25519."


class WrongTopic(SealError):
    """Country of topic, header and event, or partition and stream, do not agree."""

    code = "WRONG_TOPIC"
    summary = "topic and header do not agree"
    advice = "Check which topic and partition the sender writes to."


# --- The chain -----------------------------------------------------------------------------------


class ChainError(SouthmedError):
    """A batch does not continue the chain of its stream."""

    code = "CHAIN"
    summary = "the batch does not continue its chain"


class ChainGap(ChainError):
    """A batch is missing between the head and this one."""

    code = "CHAIN_GAP"
    summary = "a batch is missing"
    advice = "Send again from the expected sequence."


class BrokenLink(ChainError):
    """The sequence is right, but the previous hash is not that of the head."""

    code = "BROKEN_LINK"
    summary = "the previous hash is not that of the chain's head"
    advice = "The outbox was restored or forked: open a new epoch."


class Equivocation(ChainError):
    """Two different batches carry the same sequence."""

    code = "EQUIVOCATION"
    summary = "two different batches carry the same sequence"
    advice = "The stream is suspended. Find out who else holds the key."


class StreamSuspended(ChainError):
    """The stream was suspended after an equivocation."""

    code = "STREAM_SUSPENDED"
    summary = "the stream is suspended after an equivocation"
    advice = "The authority opens a new epoch once the cause is known."


class StaleEpoch(ChainError):
    """The batch belongs to an epoch that was closed."""

    code = "STALE_EPOCH"
    summary = "the epoch is closed"
    advice = "An old outbox is publishing: stop it."


class EpochNotOpened(ChainError):
    """The batch opens an epoch that the trust document does not announce."""

    code = "EPOCH_NOT_OPENED"
    summary = "the epoch is not announced in the trust document"
    advice = "Have the authority's officers announce the epoch."


# --- Events --------------------------------------------------------------------------------------


class EventError(SouthmedError):
    """One event is refused; the rest of its batch is accepted."""

    code = "EVENT"
    summary = "the event is refused"


class EventInvalid(EventError):
    """The event breaks a rule of its type."""

    code = "EVENT_INVALID"
    summary = "the event breaks a rule of its type"
    advice = "Correct the mapping; `southmed adapter run` publishes the correction."


class WrongProducer(EventError):
    """The event names another producer or country than the authority that signed it."""

    code = "WRONG_PRODUCER"
    summary = "the event names another producer than its signer"
    advice = "Correct the adapter's authority."


class WrongStream(EventError):
    """The event's case belongs to another stream of the authority."""

    code = "WRONG_STREAM"
    summary = "the event's case belongs to another stream"
    advice = "Let the outbox choose the stream; do not change the number of streams."


class EventIdReused(EventError):
    """The event id was already used for another content."""

    code = "EVENT_ID_REUSED"
    summary = "the event id was used for another content"
    advice = "Publish a correction with a new id that supersedes the old one."


class SupersedesUnknown(EventError):
    """The event corrects one that the ledger does not hold."""

    code = "SUPERSEDES_UNKNOWN"
    summary = "the superseded event is not in the ledger"
    advice = "Publish the original first, or publish without `supersedes`."


class SupersedesForeign(EventError):
    """The event corrects one of another type or another subject."""

    code = "SUPERSEDES_FOREIGN"
    summary = "the superseded event is of another type or subject"
    advice = "A correction keeps event type, case and person."


class SupersedesStale(EventError):
    """The event corrects one that was corrected before."""

    code = "SUPERSEDES_STALE"
    summary = "the superseded event was already corrected"
    advice = "Supersede the newest revision."


class NotAnonymised(EventError):
    """The event tells more than its batch attests for the quarter, or nothing is attested."""

    code = "NOT_ANONYMISED"
    summary = "the event tells more than its batch attests"
    advice = "Let the adapter's k-anonymity gate publish the quarter; never send past it."


# --- At home: the adapter and its outbox ---------------------------------------------------------


class AdapterError(SouthmedError):
    """The national register cannot be read or mapped as declared."""

    code = "ADAPTER"
    summary = "the register cannot be read as declared"


# --- On the platform -----------------------------------------------------------------------------


class PlatformError(SouthmedError):
    """The platform's own state or settings are not as they should be."""

    code = "PLATFORM"
    summary = "the platform's state is not as it should be"


class KeyFileInvalid(PlatformError):
    """A key or trust file cannot be read as what it should be."""

    code = "KEY_FILE_INVALID"
    summary = "the key or trust file cannot be used"
    advice = "Make it with `southmed site init`, and keep it readable by its owner only."


def tree(base: type[SouthmedError] = SouthmedError) -> Iterator[type[SouthmedError]]:
    """Yields ``base`` and every error below it, parents before children."""
    yield base
    for child in base.__subclasses__():
        yield from tree(child)
