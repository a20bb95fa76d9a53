"""How the fields of events and their values are named for people, in three languages.

Fields that say nothing without a key (pseudonyms, tokens) or that the outbox assigns are never
shown: there is no name for them here.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import NoneType
from typing import Any, get_args

from deploy.documents.data_dictionary import is_reviewed, meaning_of, privacy_of
from deploy.preview.words import WORDS
from producers.outbox import ASSIGNED
from schemas.case_events import EVENT_TYPES
from schemas.codelists import CodeOf, Language, codelist
from schemas.event_fields import CaseEvent, Privacy

KEYED = (Privacy.PSEUDO, Privacy.TOKEN)
COMMON = ("producer", "country", "validation", "conf_status", "suppressed_fields")
"""Fields that say the same in every event of a register, or nearly."""
YES_NO = {"true": "Y", "false": "N"}


@cache
def shown_fields(event_type: str) -> Mapping[str, str]:
    """The fields of an event type that are shown, each with its code list or an empty string."""
    return {
        name: _list_of(info.annotation, info.metadata)
        for name, info in EVENT_TYPES[event_type].model_fields.items()
        if name not in (*ASSIGNED, "event_type") and privacy_of(info) not in KEYED
    }


def _list_of(annotation: Any, metadata: Sequence[Any]) -> str:
    """The code list of a field, which may stand at the field or at the type of its items."""
    for marker in metadata:
        if isinstance(marker, CodeOf):
            return marker.list_id
    if annotation is bool:
        return "CL_YES_NO"
    for inner in get_args(annotation):
        if inner is not NoneType and (found := _list_of(inner, getattr(inner, "__metadata__", ()))):
            return found
    return ""


def values_of(value: Any) -> tuple[str, ...]:
    """What a field says, as words: several where it holds a list, an empty one where nothing.

    Example:
        >>> values_of(["SEX", "LAB"]), values_of(True), values_of([]), values_of(None)
        (('SEX', 'LAB'), ('true',), ('',), ('',))
    """
    if isinstance(value, list | tuple):
        return tuple(map(str, value)) or ("",)
    if value is None:
        return ("",)
    return (str(value).lower(),) if isinstance(value, bool) else (str(value),)


def in_order(list_id: str, values: Mapping[str, int]) -> list[tuple[str, int]]:
    """Values and their numbers in the order of their list; others by size or letters."""
    codes = codelist(list_id).codes if list_id else ()
    place = {code: index for index, code in enumerate(codes)}

    def rank(pair: tuple[str, int]) -> tuple[int, int, str]:
        value = pair[0]
        return (place.get(value, -1), int(value) if value.isdigit() else -1, value)

    return sorted(values.items(), key=rank)


def label(list_id: str, value: str, language: Language) -> str:
    """What a value means; a month or a number means itself."""
    if value == "":
        return WORDS[language]["nothing"]
    code = YES_NO.get(value, value) if list_id == "CL_YES_NO" else value
    return codelist(list_id).label(code, language) if list_id else value


def is_unreviewed(list_id: str, value: str, language: Language) -> bool:
    """Whether a label is an Arabic one that nobody has reviewed yet."""
    return language == "ar" and bool(list_id) and bool(value) and not is_reviewed(list_id, value)


def labels(list_id: str, value: str) -> dict[Language, str]:
    """A value in all languages."""
    return {language: label(list_id, value, language) for language in WORDS}


@cache
def _translated() -> Mapping[str, Mapping[str, str]]:
    with (files("deploy.preview") / "meanings.csv").open(encoding="utf-8") as file:
        return {row["field"]: row for row in csv.DictReader(file)}


def meaning(event_type: str, name: str, language: Language) -> str:
    """What a field of an event type means."""
    model: type[CaseEvent] = EVENT_TYPES[event_type]
    if language == "en":
        return meaning_of(name, model.model_fields[name]).rstrip(".")
    return _translated()[name][language]
