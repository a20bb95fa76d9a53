"""What columns and words may mean, as tables.

``columns.csv`` lists the meanings that a column may have, ``headers.csv`` how people write them
above a column in French, English and Arabic, ``words.csv`` further words for codes, and
``events.yaml`` which events follow from which columns. The words for codes come also from the
labels of the code lists and from the tables of the shipped registers. Arabic words that are marked
``unreviewed`` were written for this project and await review by a native speaker.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from country_adapters.kit.codes import FileOfWords
from country_adapters.kit.register import SHIPPED, files_of
from country_adapters.kit.text import fold
from country_adapters.kit.yaml_file import read_yaml
from schemas.codelists import codelist

HOME = "home"
"""The meaning of headers whose columns stay home, whatever stands in them."""
SHORT = 2
"""A word of so few letters means little by itself, unless our own tables list it."""
_FOLDER = files("country_adapters.kit.suggest")


@dataclass(frozen=True)
class Meaning:
    """What a column may mean.

    Attributes:
        name: Its short name in a declaration.
        kind: The kind of column.
        codes_of: Its code list, for a column of codes.
        table: The table of ``codes.yaml``.
        many: Whether a cell may hold several.
        about: What the tables are about that have such a column.
    """

    name: str
    kind: str
    codes_of: str
    table: str
    many: bool
    about: frozenset[str]


@dataclass(frozen=True)
class Word:
    """What a word stands for in a code list.

    Attributes:
        code: The code.
        spelling: The word as it stands in the vocabulary.
        sure: Whether it always stands for this code.
    """

    code: str
    spelling: str
    sure: bool


@cache
def meanings() -> Mapping[str, Meaning]:
    """Every meaning by its short name."""
    return {
        row["name"]: Meaning(
            name=row["name"],
            kind=row["kind"],
            codes_of=row["list"],
            table=row["table"],
            many=bool(row["many"]),
            about=frozenset(row["about"].split()),
        )
        for row in _rows("columns.csv")
    }


@cache
def subjects() -> tuple[str, ...]:
    """What a table may be about."""
    return tuple(sorted({about for meaning in meanings().values() for about in meaning.about}))


def header_phrases() -> Iterator[tuple[str, str]]:
    """Every meaning, ``home`` too, with each phrase that stands for it above a column."""
    for row in _rows("headers.csv"):
        yield from ((row["name"], phrase) for phrase in row["words"].split("|"))


@cache
def events() -> tuple[Mapping[str, Any], ...]:
    """The events that rows may state, in the order of ``events.yaml``."""
    return tuple(yaml.safe_load((_FOLDER / "events.yaml").read_text(encoding="utf-8")))


@cache
def words_of(list_id: str) -> Mapping[str, Word]:
    """Every folded word that is known for the codes of a list.

    A word with two meanings in two registers has none here, and a very short one that only a
    register's own table knows is not sure: "A" is "autre" in one of them.
    """
    said: dict[str, dict[str, str]] = {}
    ours: set[str] = set()
    for code, word, is_ours in _said(list_id):
        folded = fold(word)
        if folded:
            said.setdefault(folded, {}).setdefault(code, word)
            ours |= {folded} if is_ours else set()
    return {
        folded: Word(*next(iter(codes.items())), sure=folded in ours or len(folded) > SHORT)
        for folded, codes in said.items()
        if len(codes) == 1
    }


def _said(list_id: str) -> Iterator[tuple[str, str, bool]]:
    """Code, word, and whether it is of our own tables, not of a register's."""
    for row in _rows("words.csv"):
        if row["list"] == list_id:
            yield from ((row["code"], word, True) for word in row["words"].split("|"))
    for code in codelist(list_id):
        yield from ((code.code, label, True) for label in code.labels.values())
    for table in _shipped_tables():
        if table.codes_of == list_id:
            for code_id, words in table.values.items():
                yield from ((code_id, word, False) for word in words)


@cache
def _shipped_tables() -> tuple[Any, ...]:
    folders = sorted(path.parent for path in SHIPPED.glob("*/codes.yaml"))
    parsed = [read_yaml(files_of(folder)[1]).parse(FileOfWords) for folder in folders]
    return tuple(table for file in parsed for table in file.root.values())


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
