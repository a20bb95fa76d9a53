"""Single-object encoding: only what is shipped is read, whole and nothing else."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from io import BytesIO
from typing import Any

import fastavro
import pytest
from avro.io import BinaryDecoder, DatumReader
from avro.schema import parse
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec
from schemas.codec import (
    MARKER,
    PREFIX_LENGTH,
    Registry,
    Subject,
    decode,
    decode_as,
    encode,
    fingerprint_of,
    registry,
)
from schemas.errors import Truncated, Undecodable, UnknownSchema, WireError
from tests.generated import events
from tests.samples import (
    an_event,
    encoded,
)

EVENT = encoded(an_event())


@pytest.mark.parametrize(
    ("schema", "number"), [("null", 7195948357588979594), ("int", 8247732601305521295)]
)
def test_the_fingerprint_is_that_of_the_specification(schema: Any, number: int) -> None:
    """Two pairs of Avro's own test data (share/test/data/schema-tests.txt)."""
    assert fingerprint_of(schema) == number.to_bytes(8, "little")


def test_a_message_names_its_writer() -> None:
    assert EVENT[:2] == MARKER == b"\xc3\x01"
    newest = registry().newest["victim.identified"]
    assert EVENT[2:PREFIX_LENGTH] == newest.fingerprint == fingerprint_of(newest.schema)


REFUSED: list[tuple[str, bytes, type[WireError]]] = [
    ("nothing", b"", Truncated),
    ("half a prefix", EVENT[:9], Truncated),
    ("a prefix alone", EVENT[:10], Undecodable),
    ("cut short", EVENT[:-1], Undecodable),
    ("one byte more", EVENT + b"\0", Truncated),
    ("twice", EVENT + EVENT, Truncated),
    ("another marker", b"\xc3\x02" + EVENT[2:], UnknownSchema),
    ("text", b'{"event_type": "victim.identified"}', UnknownSchema),
    ("an unknown fingerprint", EVENT[:2] + bytes(8) + EVENT[10:], UnknownSchema),
    ("its fingerprint reversed", EVENT[:2] + EVENT[2:10][::-1] + EVENT[10:], UnknownSchema),
    ("an enum out of range", encode("event_batch", {"events": []})[:2]
     + registry().newest["assistance.closed"].fingerprint + b"\x02" * 80, Undecodable),
]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "error"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_what_is_not_a_message_is_refused(message: bytes, error: type[WireError]) -> None:
    with pytest.raises(error):
        decode(message)


def test_another_subject_is_not_taken_for_this_one() -> None:
    with pytest.raises(UnknownSchema):
        decode_as("batch_header", EVENT)


@pytest.mark.parametrize(
    "changes",
    [{"sex": "X"}, {"case_ref": bytes(5)}, {"revision": "1"}, {"exploitation": 5}],
)
def test_what_does_not_fit_is_not_written(changes: dict[str, Any]) -> None:
    with pytest.raises(Undecodable):
        encoded({**an_event(), **changes})


def test_a_missing_field_is_not_written() -> None:
    event = an_event()
    del event["period"]
    with pytest.raises(Undecodable):
        encoded(event)


@given(st.binary(max_size=200), st.sampled_from(sorted(registry().newest)))
def test_any_bytes_under_any_schema_end_in_a_value_or_a_named_error(
    junk: bytes, subject: str
) -> None:
    message = MARKER + registry().newest[subject].fingerprint + junk
    with suppress(Truncated, Undecodable):
        decode(message)


@given(events)
def test_no_prefix_of_an_event_is_an_event(fields: dict[str, Any]) -> None:
    message = encoded(fields)
    for length in range(len(message)):
        with pytest.raises(WireError):
            decode(message[:length])


# --- Versions ------------------------------------------------------------------------------------


def two_versions() -> tuple[Registry, Subject, Subject]:
    """A registry in which a subject has a second version with one optional field more."""
    first = registry().newest["assistance.closed"]
    schema = copy.deepcopy(first.schema)
    schema["fields"].append({"name": "follow_up", "type": "boolean", "default": False})
    second = Subject(first.name, 2, fingerprint_of(schema), schema, codec._parsed(schema))
    return Registry({s.fingerprint: s for s in (second, first)}), first, second


def test_an_old_message_is_read_as_the_newest_version() -> None:
    both, _, _ = two_versions()
    old = encoded(an_event("assistance.closed"))
    assert both.decode(old).fields == {**decode(old).fields, "follow_up": False}


def test_what_is_written_is_the_newest_version() -> None:
    both, _, second = two_versions()
    fields = both.decode(encoded(an_event("assistance.closed"))).fields
    new = both.encode("assistance.closed", {**fields, "follow_up": True})
    assert new[2:PREFIX_LENGTH] == second.fingerprint
    assert both.decode(new).fields["follow_up"] is True


def test_a_version_not_shipped_here_is_refused_until_it_is() -> None:
    both, _, _ = two_versions()
    fields = both.decode(encoded(an_event("assistance.closed"))).fields
    new = both.encode("assistance.closed", {**fields, "follow_up": True})
    with pytest.raises(UnknownSchema):
        decode(new)


def test_other_implementations_read_the_same_bytes() -> None:
    """The reference implementation of Apache Avro reads what we write."""
    for event in (an_event(), an_event("training.delivered")):
        subject = registry().newest[event["event_type"]]
        reader = DatumReader(parse(json.dumps(subject.schema)))
        theirs = reader.read(BinaryDecoder(BytesIO(encoded(event)[PREFIX_LENGTH:])))
        assert theirs == {n: v for n, v in event.items() if n != "event_type"}
        buffer = BytesIO()
        fastavro.schemaless_writer(buffer, subject.parsed, theirs)
        assert encoded(event)[PREFIX_LENGTH:] == buffer.getvalue()
