"""Which country a register's cell names: a closed table, and reasons where it names none.

The rule, in this order:

1. The cell is folded (``text.fold``) and looked up in one table of names: the labels of
   ``CL_AREA``, the further names, adjectives and spellings of ``countries.csv``, and the ISO
   3166-1 codes, which count only in capitals ("IN" is India, "in" is a word).
2. The table also lists what names no single country, and why: "Congolese" is said of two,
   "Africa" of many, Kosovo has no ISO code. Such a cell is refused, and the table has the last
   word over the labels: a bare "Congo" is refused although it is the United Nations' short name
   of COG, because registers write it for COD as well.
3. If the cell is not in the table: letters lost by a wrong decoding (U+FFFD) may stand for any
   letter, and a word of six letters or more may have one slip of the pen after its first letter;
   both only when exactly one country fits. "Nigera" is refused: it is one slip from Niger and
   from Nigeria.

A wrong country is worse than none, so whatever is left is refused and stays home. A cell that
plainly says "unknown" is ``_U``; an empty cell says nothing and is refused as such.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import ClassVar

from country_adapters.kit.errors import CellError
from country_adapters.kit.text import (
    UNKNOWN,
    fold,
    guessed,
    index_names,
    listed,
    with_and_without_article,
)
from schemas.codelists import Code, codelist

NOISE = re.compile(r"^(\d+ )?((the|la|le|les|l) )?")
"""What people put before a name: a count ("3 maliens"), an article ("l'Algérie")."""

SEPARATORS = re.compile(r"[,،;/+&()]|\b(?:et|and|y|e)\b|\sو")

# Masculine singular as in countries.csv -> all its forms, by ending after folding; the first
# ending that fits counts. In Arabic each form also comes with the article.
INFLECTIONS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "en": (("n", ("n", "ns")), ("i", ("i", "is")), ("", ("",))),
    "fr": (
        ("en", ("en", "enne", "ens", "ennes")),
        ("on", ("on", "onne", "ons", "onnes")),
        ("s", ("s", "se", "ses")),
        ("e", ("e", "es")),
        ("", ("", "e", "s", "es")),
    ),
    "ar": (("ي", ("ي", "يه", "يون", "يين", "يات")),),
    "es": (
        ("o", ("o", "a", "os", "as")),
        ("es", ("es", "esa", "eses", "esas")),
        ("an", ("an", "ana", "anes", "anas")),
        ("on", ("on", "ona", "ones", "onas")),
        ("ol", ("ol", "ola", "oles", "olas")),
        ("", ("", "s", "es")),
    ),
}


class Refusal(StrEnum):
    """Why a cell names no country."""

    EMPTY = "EMPTY"
    AMBIGUOUS = "AMBIGUOUS"  # one name, several countries
    SEVERAL = "SEVERAL"  # several names in one cell
    NOT_ONE_COUNTRY = "NOT_ONE_COUNTRY"  # a region, a people, a group, a total
    NO_ISO_CODE = "NO_ISO_CODE"
    DISSOLVED = "DISSOLVED"  # a state that has several successors
    UNRECOGNISED = "UNRECOGNISED"


class UnresolvedCountry(CellError):
    """A cell of the register does not name one country.

    Args:
        reason: Why; it is all that is told, never what stood in the cell.
    """

    code: ClassVar[str] = "UNRESOLVED_COUNTRY"
    summary: ClassVar[str] = "the cell does not name one country"
    advice: ClassVar[str] = "Correct the cell, or add the spelling to the adapter kit's countries."

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason
        super().__init__(expected="the name or ISO code of one country", got=reason.value)


def resolve_country(text: str) -> str:
    """The ISO 3166-1 alpha-3 code of the country that a cell names, by name or by adjective.

    Args:
        text: The cell as it stands in the register.

    Returns:
        An alpha-3 code of ``CL_AREA``, or its ``STATELESS`` or ``_U``.

    Raises:
        UnresolvedCountry: The cell names no country, or more than one; see ``Refusal``.

    Example:
        >>> resolve_country("Ivoirienne"), resolve_country("تونسي"), resolve_country("Niger Rep")
        ('CIV', 'TUN', 'NER')
    """
    meaning = _meaning(text)
    if meaning in Refusal.__members__:
        raise UnresolvedCountry(Refusal[meaning])
    return meaning


def _meaning(text: str) -> str:
    """A code, or the name of a refusal."""
    if not fold(text):
        return Refusal.EMPTY
    if found := listed(text, names(), NOISE) or _iso_codes().get(text.strip()):
        return found
    parts = {listed(part, names(), NOISE) for part in SEPARATORS.split(text)}
    if len(parts - {None}) > 1:
        return Refusal.SEVERAL
    guesses = guessed(text, names(), NOISE)
    if len(guesses) > 1:
        return Refusal.AMBIGUOUS
    return guesses.pop() if guesses else Refusal.UNRECOGNISED


@cache
def names() -> dict[str, str]:
    """Every folded name that is known, with the code or the refusal it stands for."""
    with (files("country_adapters.kit") / "countries.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = index_names(
        (form, row["code"])
        for row in rows
        for form in _forms(row["name"], row["lang"], row["kind"])
    )
    table |= index_names((word, "_U") for word in UNKNOWN)
    labels = index_names(
        (form, country.code)
        for country in _countries()
        for language, label in country.labels.items()
        for form in _forms(label, language, "name")
    )
    return labels | table


def _forms(name: str, lang: str, kind: str) -> Iterator[str]:
    """All forms of a name: inflected if an adjective, and in Arabic with and without article."""
    arabic = lang == "ar" and kind != "refused"
    for stem in with_and_without_article(name) if arabic else (name,):
        yield from _inflected(stem, lang) if kind == "adjective" else (stem,)


def _inflected(name: str, lang: str) -> list[str]:
    folded = fold(name)
    for ending, forms in INFLECTIONS[lang]:
        if folded.endswith(ending):
            return [folded.removesuffix(ending) + form for form in forms]
    return [folded]


@cache
def _iso_codes() -> dict[str, str]:
    """Alpha-2 and alpha-3 codes in capitals, and ``_U``."""
    alpha_2 = {country.maps_to["ISO3166-1"][0]: country.code for country in _countries()}
    return alpha_2 | {code: code for code in (*alpha_2.values(), "_U")}


def _countries() -> list[Code]:
    return [entry for entry in codelist("CL_AREA") if "ISO3166-1" in entry.maps_to]
