"""Kafka's messages as they are on the wire, sent with one principal's certificate.

A client library would translate, retry or look elsewhere; here one request is one question, and
the broker's error code is the answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import for_code
from kafka.protocol.api_message import ApiMessage
from kafka.record.memory_records import MemoryRecordsBuilder

Fields = Mapping[str, Any]
PATIENCE = 20.0
_NOT_YET = {"CoordinatorLoadInProgressError", "CoordinatorNotAvailableError", "NotCoordinatorError"}


def message(kind: type[ApiMessage], newest: int | None = None, /, **fields: Any) -> ApiMessage:
    """A request from plain dictionaries and lists.

    Args:
        kind: Which request.
        newest: The newest version to use: later ones name topics by ids that nobody is told who
            may not see them.
        fields: Its fields.
    """
    limit = {} if newest is None else {"max_version": newest}
    return kind(**_values(kind, fields), **limit)


def _values(kind: Any, fields: Fields) -> dict[str, Any]:
    return {name: _value(kind.fields[name], value) for name, value in fields.items()}


def _value(field: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        return field.data_class(**_values(field.data_class, value))
    if isinstance(value, list) and field.is_struct_array():
        return [field.data_class(**_values(field.data_class, each)) for each in value]
    return value


def a_record(value: bytes) -> bytes:
    """One record as a batch; with a key, because a compacted topic takes none without."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=len(value) + 256)
    builder.append(timestamp=None, key=b"key", value=value, headers=[])
    builder.close()
    return bytes(builder.buffer())


def send(admin: KafkaAdminClient, request: ApiMessage) -> Any:
    """The broker's answer to one request."""
    return admin._manager.run(admin._manager.send, request)


def tried(admin: KafkaAdminClient, request: ApiMessage) -> str:
    """The error that a request came to, by its name; ``NoError`` if there is none.

    A coordinator that only just begins to work is asked again, as every client does.
    """
    deadline = time.monotonic() + PATIENCE
    while (error := error_of(send(admin, request))) in _NOT_YET:
        assert time.monotonic() < deadline, f"{error} for {PATIENCE:.0f} s"
        time.sleep(0.1)
    return error


def error_of(answer: Any) -> str:
    """The error in an answer by its name, wherever it stands."""
    codes = {code for code in _codes(answer.to_dict()) if code}
    return "+".join(sorted(for_code(code).__name__ for code in codes)) or "NoError"


def _codes(part: Any) -> Iterator[int]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name in ("error_code", "partition_error_code"):
                yield value
            else:
                yield from _codes(value)
    elif isinstance(part, list):
        for each in part:
            yield from _codes(each)
