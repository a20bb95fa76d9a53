"""The report of a conformance run, and its signature.

A report says who ran, under which contract, how every vector was answered and whether a day's
events balanced. It holds numbers, codes and digests, and nothing of the register. It is a JSON
document in a DSSE envelope (protocol 1.0), signed with the newcomer's own key: that proves that who
ran has the key, and the other authorities compare its id by another way.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from deploy.conformance.errors import ReportAltered, ReportUnreadable
from schemas.codelists import CodeOf
from schemas.dsse import MAX_SIGNATURES, Signature, pae, verify_any
from schemas.errors import SealError, UnknownKey
from schemas.keys import SigningKey, SigningScheme, VerifyKey, is_public_key
from schemas.trust import AuthorityId

PAYLOAD_TYPE = "application/vnd.southmed.conformance.v1+json"
MAX_FILE = 1 << 20
"""Bytes of a report; a real one is a hundredth of it."""
MAX_VECTORS = 1_000

Number = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(max_length=100, pattern=r"^[ -~]*$")]
"""Printable ASCII, because it is shown on the terminals of those who check."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Counts = Annotated[dict[Name, Number], Field(max_length=100)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyTold(_Closed):
    """The key that signed, as base64 of its public bytes."""

    scheme: SigningScheme
    public: Annotated[str, Field(max_length=200)]

    @classmethod
    def of(cls, key: VerifyKey) -> KeyTold:
        return cls(scheme=key.scheme, public=b64encode(key.public).decode())

    @property
    def key(self) -> VerifyKey:
        """Raises ReportUnreadable for bytes that are no such key."""
        try:
            public = b64decode(self.public, validate=True)
        except ValueError:
            public = b""
        if not is_public_key(self.scheme, public):
            raise ReportUnreadable(expected=f"a public key for {self.scheme}")
        return VerifyKey(self.scheme, public)


class RegisterTold(_Closed):
    """The declaration's files by their SHA-256, and what became of the register's rows."""

    files: Annotated[dict[Name, Digest], Field(max_length=10)]
    rows: Number
    mapped: Number
    rejected: Number
    problems: Counts


class VectorTold(_Closed):
    """A vector: the answer that it had to get, and the one that it got."""

    name: Name
    expected: Name
    got: Name


class DayTold(_Closed):
    """The invented day: events put into an outbox, those receipted, those refused by code.

    ``ended`` is the code of the error that ended publishing; empty if none did.
    """

    events: Number
    receipted: Number
    batches: Number
    refused: Counts
    ended: Name


class LedgerTold(_Closed):
    """Events that the platform had to count, and those that its ledger holds."""

    expected: Number
    found: Number


class Report(_Closed):
    """A conformance report, version 1."""

    version: Literal[1] = 1
    authority: AuthorityId
    country: Annotated[str, CodeOf("CL_REPORTING_COUNTRY")]
    key: KeyTold
    software: Name
    contract: Digest
    made_at: AwareDatetime
    platform: Literal["own", "given"]
    source: RegisterTold
    vectors: Annotated[list[VectorTold], Field(max_length=MAX_VECTORS)]
    day: DayTold
    ledger: LedgerTold | None


class _SignatureTold(_Closed):
    keyid: str
    sig: str


class _Envelope(_Closed):
    """DSSE's JSON envelope."""

    payloadType: str  # noqa: N815 - DSSE's name
    payload: str
    signatures: Annotated[list[_SignatureTold], Field(max_length=MAX_SIGNATURES)]


def sign_report(report: Report, signer: SigningKey) -> bytes:
    """The report as a file."""
    payload = report.model_dump_json().encode()
    signature = _SignatureTold(
        keyid=signer.keyid, sig=_text(signer.sign(pae(PAYLOAD_TYPE, payload)))
    )
    envelope = _Envelope(payloadType=PAYLOAD_TYPE, payload=_text(payload), signatures=[signature])
    return envelope.model_dump_json(indent=2).encode() + b"\n"


def open_report(content: bytes) -> Report:
    """Reads a report once its signature was verified under the key that it names.

    Raises:
        ReportUnreadable: No report of this version.
        ReportAltered: The signature does not verify.
    """
    if len(content) > MAX_FILE:
        raise ReportUnreadable(expected=f"at most {MAX_FILE} bytes", got=f"{len(content)} bytes")
    try:
        envelope = _Envelope.model_validate_json(content)
        payload = b64decode(envelope.payload, validate=True)
        signatures = [
            Signature(one.keyid, b64decode(one.sig, validate=True)) for one in envelope.signatures
        ]
        if envelope.payloadType != PAYLOAD_TYPE:
            raise ReportUnreadable(expected=PAYLOAD_TYPE)
        report = Report.model_validate_json(payload)
    except ValidationError as error:
        places = [".".join(map(str, e["loc"])) or e["type"] for e in error.errors()[:5]]
        raise ReportUnreadable(expected="a report, version 1", got="; ".join(places)) from None
    except ValueError:
        raise ReportUnreadable(expected="base64 in a DSSE envelope") from None
    _verify(report.key.key, signatures, pae(PAYLOAD_TYPE, payload))
    return report


def read_report(path: Path) -> Report:
    """Reads a report from its file, signature verified; raises as `open_report`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReportUnreadable(
            expected=f"a readable file {path}", got=type(error).__name__
        ) from None
    return open_report(content)


def _verify(key: VerifyKey, signatures: list[Signature], message: bytes) -> None:
    def key_for(keyid: str) -> VerifyKey:
        if keyid != key.keyid:
            raise UnknownKey(expected="the key that the report names")
        return key

    try:
        verify_any(signatures, message, key_for)
    except SealError as error:
        raise ReportAltered(got=error.code) from None


def _text(content: bytes) -> str:
    return b64encode(content).decode()
