"""The message of a release: closed, signed over its exact bytes, readable as it is."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date
from typing import Any

import pytest

from processors.release.measure import withdraw
from schemas.errors import SouthmedError
from schemas.header_signatures import SIGNATURE_HEADER
from schemas.keys import SigningKey
from schemas.releases import (
    DIMENSIONS,
    Observation,
    Release,
    open_release,
    output_digest,
    sign_release,
)
from schemas.trust import ByStream, TrustDocument, TrustedKey
from tests.releases import a_release

KEY = SigningKey.generate("ed25519")
OTHER_KEY = SigningKey.generate("ecdsa-p256-sha256")


def trust_in(*entries: TrustedKey) -> TrustDocument:
    return TrustDocument(version=1, authorities=[], keys=list(entries))


def entry(key: SigningKey, purpose: Any = "release", **changes: Any) -> TrustedKey:
    trusted = TrustedKey.of(key.verify_key, owner="platform", purpose=purpose)
    return trusted.model_copy(update=changes)


def code_of(**changes: Any) -> str:
    """The code under which a record is refused, or nothing."""
    release = a_release()
    value = changes.get("value", release.dump())
    key = changes.get("key", release.key.encode())
    headers = changes.get("headers", sign_release(changes.get("signed", value), KEY))
    try:
        open_release(key, value, headers, changes.get("trust", trust_in(entry(KEY))))
    except SouthmedError as error:
        return error.code
    return ""


def changed(**parts: Any) -> bytes:
    """The value with some of its parts changed, signed anew by whoever holds the key."""
    return json.dumps({**json.loads(a_release().dump()), **parts}).encode()


def test_a_release_is_read_back_as_it_was() -> None:
    release = a_release()
    headers = [("trace", b"x"), *sign_release(release.dump(), KEY)]
    opened = open_release(release.key.encode(), release.dump(), headers, trust_in(entry(KEY)))
    assert opened == release
    assert opened.dump() == release.dump()


def test_any_json_reader_reads_it() -> None:
    document = json.loads(a_release().dump())
    row = document["observations"][0]
    assert {"REF_AREA", "TIME_PERIOD", "FREQ", "INDICATOR", "SEX", "FORM"} < set(row)
    assert {"OBS_VALUE", "MEASUREMENT", "OBS_STATUS", "CONF_STATUS", "UNIT_MEASURE"} < set(row)
    assert None not in row.values()
    assert document["noise"]["sigma"] == 2.828


@pytest.mark.parametrize(
    ("what", "change", "code"),
    [
        ("nothing", {}, ""),
        ("another value", {"signed": b"{}"}, "BAD_SIGNATURE"),
        ("no signature", {"headers": []}, "BAD_SIGNATURE"),
        ("half a header", {"headers": [(SIGNATURE_HEADER, b"abc:%%%")]}, "BAD_SIGNATURE"),
        ("another key", {"key": b"F2|2023|FINAL"}, "RELEASE_MISPLACED"),
        ("no key", {"key": None}, "RELEASE_MISPLACED"),
        ("a stranger", {"trust": trust_in(entry(OTHER_KEY))}, "UNKNOWN_KEY"),
        ("the receipt key", {"trust": trust_in(entry(KEY, "receipt"))}, "FOREIGN_KEY"),
        (
            "a compromised key",
            {"trust": trust_in(entry(KEY, compromised_from=ByStream(default=(1, 1))))},
            "KEY_COMPROMISED",
        ),
        ("no JSON", {"value": b"\xff"}, "RELEASE_INVALID"),
        ("a field too many", {"value": changed(names=["x"])}, "RELEASE_INVALID"),
        ("noise on an exact table", {"value": changed(exact=True)}, "RELEASE_INVALID"),
        ("a column too many", {"value": changed(dimensions=["REF_AREA", "TIME_PERIOD"])},
         "RELEASE_INVALID"),
        ("a cell missing", {"value": changed(observations=json.loads(a_release().dump())[
            "observations"][1:])}, "RELEASE_INVALID"),
        ("a cell twice", {"value": changed(observations=json.loads(a_release().dump())[
            "observations"] * 2)}, "RELEASE_INVALID"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_refused(what: str, change: Any, code: str) -> None:
    assert code_of(**change) == code, what


def test_one_of_two_signatures_is_enough() -> None:
    """While a key is exchanged, both sign."""
    value = a_release().dump()
    headers = [*sign_release(value, OTHER_KEY), *sign_release(value, KEY)]
    assert code_of(headers=headers) == ""


def test_a_receipt_signature_over_the_same_bytes_is_none() -> None:
    """The payload type is signed too, so one kind of message cannot be taken for another."""
    bare = b64encode(KEY.sign(a_release().dump())).decode()
    assert code_of(headers=[(SIGNATURE_HEADER, f"{KEY.keyid}:{bare}".encode())]) == "BAD_SIGNATURE"


def test_a_withdrawn_release_keeps_its_statement_and_no_cell() -> None:
    release = a_release()
    marker = withdraw(release, "SOURCE_ERROR", date(2025, 1, 1))
    assert (marker.key, marker.statement) == (release.key, release.statement)
    assert marker.observations == []
    assert Release.parse(marker.dump()) == marker


def test_every_dimension_is_a_column() -> None:
    assert set(DIMENSIONS) < set(Observation.model_fields)


def test_the_output_digest_changes_with_every_number() -> None:
    rows = a_release().observations
    higher = rows[0].model_copy(update={"MEASUREMENT": rows[0].MEASUREMENT + 1})
    assert output_digest(rows) != output_digest([higher, *rows[1:]])
