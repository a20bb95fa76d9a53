"""Renders ``docs/data-dictionary.md``: every field of every event, and every code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from deploy.documents.markdown import code, document, table
from deploy.documents.meanings import MEANINGS
from schemas.areas import SPECIAL_AREAS
from schemas.case_events import EVENT_TYPES
from schemas.codelists import FOLDER, Code, CodeOf, codelist
from schemas.event_fields import CaseEvent, Privacy

UNREVIEWED = " †"
_SHOWN = 12
"""A choice of at most so many codes is written out."""
_PRIMITIVES = {str: "text", int: "whole number", bool: "true or false"}


def render() -> str:
    """The document."""
    return document(
        "# Data dictionary",
        "What an event may say, field by field. An event is closed: what is not listed here has no"
        " field to travel in. Events travel only inside sealed batches"
        " ([wire format](wire-format.md)); the rules that hold between fields are in"
        " `schemas/case_events.py`.",
        _privacy_classes(),
        "## Every event",
        _fields(CaseEvent),
        "A field among `suppressed_fields` tells less than the register holds. A hidden month is"
        " told as the last one of its quarter, with `period` among `suppressed_fields`: such an"
        " event tells its quarter, and counts in no month. What may be told coarser, and to which"
        " value: `schemas/anonymity.py`.",
        *_event_types(),
        "## Code lists",
        "What each list is and where it comes from:"
        " [`schemas/codelists/README.md`](../schemas/codelists/README.md). Arabic labels marked"
        " with † were written for this project and are not reviewed yet. `maps to` names the same"
        " notion in other standards (HTCDS, CTDC, GLOTIP, SDG, SDMX, ISO, UN M49).",
        *(part for list_id in _list_ids() for part in _listing(list_id)),
    )


def _privacy_classes() -> str:
    classes = ", ".join(f"`{p.name}` {p.value}" for p in Privacy)
    return f"Privacy classes: {classes}."


# --- Fields --------------------------------------------------------------------------------------


def _event_types() -> Iterator[str]:
    for event_type, model in EVENT_TYPES.items():
        yield f"## {event_type}"
        yield f"{model.meaning} It is about its {code(model.subject)}."
        yield _fields(model, without=("event_type", *CaseEvent.model_fields))


def _fields(model: type[CaseEvent], without: Sequence[str] = ()) -> str:
    rows = [_field(n, info) for n, info in model.model_fields.items() if n not in without]
    return table(["field", "meaning", "type", "required", "privacy"], rows)


def _field(name: str, info: FieldInfo) -> list[str]:
    needed = "yes" if info.is_required() else f"no: {_default(info.get_default())}"
    return [
        code(name),
        meaning_of(name, info),
        _type(info.annotation, info.metadata),
        needed,
        privacy_of(info).name,
    ]


def meaning_of(name: str, info: FieldInfo) -> str:
    """A field's meaning, followed by what its model adds to it."""
    return " ".join(text for text in (MEANINGS.get(name), info.description) if text)


def _default(value: object) -> str:
    return {"None": "none", "[]": "empty"}.get(str(value), code(str(value)))


def privacy_of(info: FieldInfo) -> Privacy:
    """The privacy class of a field."""
    return _privacy(info.annotation, info.metadata)


def _privacy(annotation: Any, metadata: Sequence[Any]) -> Privacy:
    """The class of a field, which may stand at the field or at the type of its items."""
    for marker in metadata:
        if isinstance(marker, Privacy):
            return marker
    inner = get_args(annotation)
    return _privacy(inner[0], inner[1:])


def _type(annotation: Any, metadata: Sequence[Any]) -> str:
    """A field's type, for people."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0], [*arguments[1:], *metadata])
    if origin in (Union, UnionType):
        inner = next(a for a in arguments if a is not NoneType)
        return f"{_type(inner, metadata)}, or none"
    if origin is list:
        return f"list of {_type(arguments[0], [])}{_bounds(metadata)}"
    for marker in metadata:
        if isinstance(marker, CodeOf):
            return _choice(marker)
    if annotation is bytes:
        return f"{_limit(metadata, 'max_length')} bytes"
    return _PRIMITIVES[annotation] + _bounds(metadata)


def _choice(marker: CodeOf) -> str:
    """A code list, and which of its codes an event may carry."""
    name = f"[{marker.list_id}](#{marker.list_id.lower()})"
    allowed = set(marker.symbols)
    excluded = [c for c in codelist(marker.list_id).codes if c not in allowed]
    if not excluded:
        return name
    if len(allowed) <= _SHOWN and len(allowed) < len(excluded):
        return f"{name}: {code(*marker.symbols)}"
    if len(excluded) <= _SHOWN:
        return f"{name} without {code(*excluded)}"
    kinds = ["countries", *(["sub-regions"] if any(c.isdigit() for c in allowed) else [])]
    special = [c for c in marker.symbols if c in SPECIAL_AREAS]
    return f"{name}: {' and '.join(kinds)}{' and ' + code(*special) if special else ''}"


def _bounds(metadata: Sequence[Any]) -> str:
    """Limits of a number, a text or a list, in brackets."""
    names = {"ge": "from", "min_length": "at least", "le": "to", "max_length": "at most"}
    told = [
        f"{word} {limit}"
        for name, word in names.items()
        if (limit := _limit(metadata, name)) is not None
    ]
    pattern = _limit(metadata, "pattern")
    told += [code(str(pattern))] if pattern else []
    return f" ({', '.join(told)})" if told else ""


def _limit(metadata: Sequence[Any], name: str) -> Any:
    for marker in metadata:
        nested = marker.metadata if isinstance(marker, FieldInfo) else [marker]
        for constraint in nested:
            if (limit := getattr(constraint, name, None)) is not None:
                return limit
    return None


# --- Code lists ----------------------------------------------------------------------------------


def _list_ids() -> list[str]:
    files = (file.name for file in FOLDER.iterdir())
    return sorted(name.removesuffix(".csv") for name in files if name.startswith("CL_"))


def _listing(list_id: str) -> Iterator[str]:
    yield f"### {list_id}"
    yield table(
        ["code", "parent", "English", "French", "Arabic", "maps to"],
        [_entry(list_id, entry) for entry in codelist(list_id)],
    )


def _entry(list_id: str, entry: Code) -> list[str]:
    arabic = entry.labels["ar"]
    elsewhere = [f"{standard} {' '.join(codes)}" for standard, codes in entry.maps_to.items()]
    return [
        code(entry.code),
        code(entry.parent) if entry.parent else "",
        entry.labels["en"],
        entry.labels["fr"],
        arabic + (UNREVIEWED if arabic and not is_reviewed(list_id, entry.code) else ""),
        "; ".join(elsewhere),
    ]


def is_reviewed(list_id: str, code: str) -> bool:
    """Whether the Arabic label is an official or published one (``codelists/README.md``)."""
    if list_id == "CL_REGION":
        return code.startswith("TN-") and code[3:].isdigit()
    return list_id == "CL_REPORTING_COUNTRY" or (list_id == "CL_AREA" and code not in SPECIAL_AREAS)
