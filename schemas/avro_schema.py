"""Avro schemas, derived from the event models.

The models in ``case_events`` are where a field is written down once; the ``.avsc`` files under
``schemas/avro`` are what other languages read and what is frozen. A file that was released is
never changed: a change of a model makes the next version, and the tests check that every version
can read every other (full transitive compatibility, Avro specification 1.12, schema resolution).

One subject an event type: a new field in one of them leaves the fingerprints of the others alone.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from schemas.codelists import CodeOf
from schemas.event_fields import CaseEvent

NAMESPACE = "southmed.events"
CODES = "southmed.codes"


def record_name(event_type: str) -> str:
    """``victim.identified`` as ``VictimIdentified``."""
    return "".join(part.capitalize() for part in event_type.replace("_", ".").split("."))


def avro_schema(event_type: str, model: type[CaseEvent]) -> dict[str, Any]:
    """The Avro record of an event type; ``event_type`` itself is the record's name."""
    named: set[str] = set()
    fields = [
        _field(name, info, named)
        for name, info in model.model_fields.items()
        if name != "event_type"
    ]
    return {
        "type": "record",
        "name": record_name(event_type),
        "namespace": NAMESPACE,
        "doc": model.meaning,
        "fields": fields,
    }


def _field(name: str, info: FieldInfo, named: set[str]) -> dict[str, Any]:
    avro: dict[str, Any] = {"name": name, "type": _type(info.annotation, info.metadata, named)}
    if info.description:
        avro["doc"] = info.description
    if not info.is_required():
        avro["default"] = info.get_default()
    return avro


def _type(annotation: Any, metadata: list[Any], named: set[str]) -> Any:
    """The Avro type of a Python annotation; named types are spelled out at first use."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0], [*arguments[1:], *metadata], named)
    if origin in (Union, UnionType):
        inner = next(a for a in arguments if a is not NoneType)
        return ["null", _type(inner, metadata, named)]
    if origin is list:
        return {"type": "array", "items": _type(arguments[0], [], named)}
    if annotation is bytes:
        return _fixed(_length(metadata), named)
    for marker in metadata:
        if isinstance(marker, CodeOf) and not marker.grows:
            return _enum(marker, named)
    return {str: "string", int: "int", bool: "boolean"}[annotation]


def _length(metadata: list[Any]) -> int:
    """The length in bytes that a ``bytes`` field is bound to."""
    for marker in metadata:
        nested = marker.metadata if isinstance(marker, FieldInfo) else [marker]
        for constraint in nested:
            if (length := getattr(constraint, "max_length", None)) is not None:
                return int(length)
    raise TypeError("a bytes field needs a fixed length")


def _fixed(size: int, named: set[str]) -> Any:
    return _once(f"{CODES}.Bytes{size}", {"type": "fixed", "size": size}, named)


def _enum(code: CodeOf, named: set[str]) -> Any:
    """A code list as an enum; one that knows "unknown" falls back to it in older readers.

    A list without its totals keeps the list's name; a choice of few codes is named after them.
    """
    name = "_".join((f"{CODES}.{code.list_id}", *code.only))
    enum: dict[str, Any] = {"type": "enum", "symbols": list(code.symbols)}
    if "_U" in code.symbols:
        enum["default"] = "_U"
    return _once(name, enum, named)


def _once(name: str, definition: dict[str, Any], named: set[str]) -> Any:
    if name in named:
        return name
    named.add(name)
    return {"name": name, **definition}
