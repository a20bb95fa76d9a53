"""Hypothesis strategies for events, derived from the models: "for every event".

A strategy knows no field by name but those that are bound to one another (region and its level,
citizenship and its level, correction and revision, participants). Everything else comes from the
models' own code lists and bounds, so a new field is generated from the day it is added.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from schemas.areas import level_of_area, level_of_region
from schemas.case_events import EVENT_TYPES
from schemas.codelists import CodeOf, codelist
from schemas.event_fields import CaseEvent

Fields = dict[str, Any]

_UNKNOWN = "_U"


def _flat(metadata: list[Any]) -> list[Any]:
    """Constraints, also those that a nested annotation holds."""
    found: list[Any] = []
    for marker in metadata:
        found += _flat(marker.metadata) if isinstance(marker, FieldInfo) else [marker]
    return found


def _bound(metadata: list[Any], name: str, default: int) -> int:
    for marker in metadata:
        if (value := getattr(marker, name, None)) is not None:
            return int(value)
    return default


def of_annotation(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    """Values of a field's type, within its code list and bounds."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    metadata = _flat(metadata)
    if origin is Annotated:
        return of_annotation(arguments[0], [*arguments[1:], *metadata])
    if origin in (Union, UnionType):
        inner = next(a for a in arguments if a is not NoneType)
        return st.none() | of_annotation(inner, metadata)
    if origin is list:
        return _lists(of_annotation(arguments[0], []), metadata)
    for marker in metadata:
        if isinstance(marker, CodeOf):
            return st.sampled_from(marker.symbols)
        if (pattern := getattr(marker, "pattern", None)) is not None:
            return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=127))
    return _plain(annotation, metadata)


def _lists(items: st.SearchStrategy[Any], metadata: list[Any]) -> st.SearchStrategy[list[Any]]:
    """Codes without repetition; "unknown" stands alone."""
    least, most = _bound(metadata, "min_length", 0), _bound(metadata, "max_length", 5)
    drawn = st.lists(items, min_size=least, max_size=min(most, 5), unique=True)
    return drawn.map(lambda codes: [_UNKNOWN] if _UNKNOWN in codes else codes)


def _plain(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(_bound(metadata, "ge", 0), _bound(metadata, "le", 2**31 - 1))
    if annotation is bytes:
        size = _bound(metadata, "max_length", 16)
        return st.binary(min_size=size, max_size=size)
    raise TypeError(f"no strategy for {annotation}")


@st.composite
def fields_of(draw: st.DrawFn, event_type: str) -> Fields:
    """The fields of a valid event of a type."""
    model = EVENT_TYPES[event_type]
    fields = {
        name: draw(of_annotation(info.annotation, info.metadata))
        for name, info in model.model_fields.items()
        if name not in ("event_type", "suppressed_fields")
    }
    names = st.sampled_from(sorted(model.model_fields))
    fields["suppressed_fields"] = draw(st.lists(names, max_size=5))
    fields["revision"] = 0 if fields["supersedes"] is None else max(1, fields["revision"])
    _agree(draw, model, fields)
    return {"event_type": event_type, **fields}


def _agree(draw: st.DrawFn, model: type[CaseEvent], fields: Fields) -> None:
    """Fields that are bound to one another."""
    regions = [c for c in codelist("CL_REGION").codes if level_of_region(c, fields["country"])]
    fields["region"] = draw(st.sampled_from(regions))
    fields["region_level"] = level_of_region(fields["region"], fields["country"])
    if "citizenship" in model.model_fields:
        levels = level_of_area(fields["citizenship"])
        fields["citizenship_level"] = draw(st.sampled_from(levels))
    if "participants_total" in model.model_fields:
        known = sum(fields[n] or 0 for n in ("participants_f", "participants_m"))
        if known < 5:
            fields["participants_f"] = fields["participants_m"] = None
        fields["participants_total"] = max(fields["participants_total"], min(known, 100_000))
        if known > fields["participants_total"]:
            fields["participants_m"] = None


events = st.sampled_from(sorted(EVENT_TYPES)).flatmap(fields_of)
"""Any valid event."""
