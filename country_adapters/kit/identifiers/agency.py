"""Agencies and companies: by the number of a register, and by a key of their name.

The number is the better evidence: the country, then the digits ("TUN:1234567"). It is a number of
the register's country, or of the country whose code stands before it. Which numbers a country's
registers have stands in ``agency_registers.csv``; words before them, in ``agency_labels.csv``, are
passed over. Numbers of the Moroccan RC and of the Lebanese register are given by each court anew;
where the ICE is known, it belongs into the column.

The name becomes a key that spellings share: folded, without legal form, kind of business and
article (``agency_words.csv``), its words in order. Arabic and Latin spellings have different keys;
they meet through the number only. A key may be shared by strangers, so it is weak evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby

from country_adapters.kit.identifiers.errors import IdentifierUnreadable
from country_adapters.kit.identifiers.value import FOUR, Normalised, cleaned, rows_of
from country_adapters.kit.text import ARTICLE, fold

SHORTEST_NAME = 2
SHORTEST_WITHOUT_ARTICLE = 3


def agency_number(text: str, country: str) -> Normalised:
    """The number of an agency in a register."""
    compact = re.sub(r"[\W_]", "", cleaned(text)).upper()
    if compact[:3] in FOUR:
        country, compact = compact[:3], compact[3:]
    number = _without_labels(compact)
    for pattern in _numbers(country):
        if match := pattern.fullmatch(number):
            return Normalised("AGENCYREG", f"{country}:{match[1]}")
    raise IdentifierUnreadable(expected=f"a number of a register of {country}", got="other text")


def _without_labels(compact: str) -> str:
    for label in _labels():
        if compact.startswith(label):
            return _without_labels(compact.removeprefix(label))
    return compact


def agency_name(text: str, _country: str) -> Normalised:
    """A key of the name of an agency."""
    words = fold(text).split()
    while (fewer := _told(words)) != words:
        words = fewer
    key = " ".join(words)
    if len(key) < SHORTEST_NAME or not any(char.isalpha() for char in key):
        raise IdentifierUnreadable(expected="the name of an agency", got="nothing of its own")
    return Normalised("AGENCYNAME", key)


def _told(words: Iterable[str]) -> list[str]:
    """The words that tell agencies apart, in order; "s a r l" is one word."""
    joined: list[str] = []
    for single, run in groupby(words, key=lambda word: len(word) == 1):
        told = list(run)
        joined += ["".join(told)] if single else told
    kept = (_without_article(word) for word in joined if word not in _idle_words())
    return sorted(kept)


def _without_article(word: str) -> str:
    bare = word.removeprefix(ARTICLE)
    return bare if len(bare) >= SHORTEST_WITHOUT_ARTICLE else word


@cache
def _idle_words() -> frozenset[str]:
    return frozenset(fold(row["word"]).replace(" ", "") for row in rows_of("agency_words.csv"))


@cache
def _labels() -> tuple[str, ...]:
    labels = {row["label"] for row in rows_of("agency_labels.csv")}
    return tuple(sorted(labels, key=len, reverse=True))


@cache
def _numbers(country: str) -> tuple[re.Pattern[str], ...]:
    rows = rows_of("agency_registers.csv")
    return tuple(re.compile(row["number"]) for row in rows if row["country"] == country)
