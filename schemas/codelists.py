"""The closed lists of codes that events and indicators speak in.

One CSV a list under ``schemas/codelists/``, with labels in English, French and Arabic and, in
``maps_to``, the same notion in other standards (HTCDS, CTDC, GLOTIP, SDG, SDMX). A code that is
not in its list does not exist: there is no "other, please specify".

Example:
    >>> from schemas.codelists import codelist
    >>> codelist("CL_EXPLOITATION").parent("SEX_PROST")
    'SEX'
    >>> codelist("CL_SEX").label("F", "fr")
    'Féminin'
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

Language = Literal["en", "fr", "ar"]
FOLDER = files("schemas") / "codelists"


@dataclass(frozen=True)
class Code:
    """One code: its parent in the list's hierarchy, its labels, and its sisters elsewhere."""

    code: str
    parent: str
    labels: Mapping[Language, str]
    maps_to: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Listing:
    """A code list, in the order of its file."""

    list_id: str
    entries: Mapping[str, Code]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.entries)

    def __contains__(self, code: object) -> bool:
        return code in self.entries

    def __iter__(self) -> Iterator[Code]:
        return iter(self.entries.values())

    def label(self, code: str, language: Language = "en") -> str:
        """The label of a code; raises KeyError for a code that is not in the list."""
        return self.entries[code].labels[language]

    def parent(self, code: str) -> str:
        """The parent code, or an empty string at the top."""
        return self.entries[code].parent

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The parents of a code up to the top of its list, nearest first, without itself."""
        above: list[str] = []
        while (code := self.parent(code)) and code in self.entries:
            above.append(code)
        return tuple(above)

    def descendants(self, code: str) -> tuple[str, ...]:
        """The code itself and everything below it."""
        return tuple(c for c in self.entries if c == code or code in self.ancestors(c))


def _read_maps_to(text: str) -> dict[str, tuple[str, ...]]:
    """``"ISO3166-1:TN;M49:788"`` as ``{"ISO3166-1": ("TN",), "M49": ("788",)}``."""
    pairs = (item.partition(":") for item in text.split(";") if item)
    return {standard: tuple(codes.split("|")) for standard, _, codes in pairs}


@cache
def codelist(list_id: str) -> Listing:
    """Reads a code list by its id, e.g. ``CL_SEX``."""
    with (FOLDER / f"{list_id}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    entries = {
        row["code"]: Code(
            code=row["code"],
            parent=row["parent"],
            labels={"en": row["label_en"], "fr": row["label_fr"], "ar": row["label_ar"]},
            maps_to=_read_maps_to(row["maps_to"]),
        )
        for row in rows
    }
    return Listing(list_id, entries)


@dataclass(frozen=True)
class CodeOf:
    """Marks a string field as a code of a list: ``Annotated[str, CodeOf("CL_SEX")]``.

    Args:
        list_id: The code list.
        without: Codes of the list that no event may carry, such as the total ``_T``.
        only: If given, the only codes that an event may carry.
        grows: Whether the list changes more often than a schema (the world's countries); its
            codes travel as Avro strings then, otherwise as an Avro enum.
    """

    list_id: str
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    grows: bool = False

    @property
    def symbols(self) -> tuple[str, ...]:
        """The codes allowed, in the order of the list."""
        codes = codelist(self.list_id).codes
        return tuple(
            c for c in codes if c not in self.without and (not self.only or c in self.only)
        )

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.literal_schema(list(self.symbols))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "title": self.list_id}
