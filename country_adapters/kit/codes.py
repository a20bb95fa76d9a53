"""Tables of synonyms: how a register spells the codes of a list.

A register's folder has one ``codes.yaml``. Each table names the code list that its codes belong to
(or ``local`` for codes that only the declaration's own conditions use) and, for each code, the
words that stand for it in this register, as the law or the clerks write them. Words are compared
after ``text.fold``. A word that is in no table is refused; nothing is guessed.

Example:
    sex:
      list: CL_SEX
      values:
        F: [féminin, femme]
        M: [masculin, homme]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, RootModel

from country_adapters.kit.errors import UnknownValue
from country_adapters.kit.text import fold
from country_adapters.kit.yaml_file import Document, Fault, read_yaml
from schemas.codelists import codelist

LOCAL = "local"


class TableOfWords(BaseModel):
    """One table of ``codes.yaml``.

    Attributes:
        codes_of: Id of the code list, or ``local``.
        source: Where the words come from, such as a law; for readers.
        values: Code -> words that stand for it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    codes_of: str = Field(alias="list")
    source: str = ""
    values: dict[str, list[str]]


class FileOfWords(RootModel[dict[str, TableOfWords]]):
    """The whole of ``codes.yaml``."""


@dataclass(frozen=True)
class CodeTable:
    """A table ready for looking up."""

    name: str
    codes: frozenset[str]
    words: dict[str, str]

    def code(self, word: str) -> str:
        """The code that a word stands for.

        Raises:
            UnknownValue: The word is not in the table.
        """
        code = self.words.get(_folded(word))
        if code is None:
            raise UnknownValue(expected=f"a word of the table {self.name}", got="another word")
        return code


def read_codes(path: Path) -> dict[str, CodeTable]:
    """Reads the tables of a register.

    Raises:
        DeclarationInvalid: A code that its list does not have, or a word with two meanings.
    """
    document = read_yaml(path)
    tables = document.parse(FileOfWords).root
    for fault in word_faults(document, tables):
        raise fault.error()
    return {name: _table(name, table) for name, table in tables.items()}


def word_faults(document: Document, tables: Mapping[str, TableOfWords]) -> Iterator[Fault]:
    """Every code that its list does not have, and every word with two meanings."""
    for name, table in tables.items():
        yield from _faults(document, name, table)


def _table(name: str, table: TableOfWords) -> CodeTable:
    words = {_folded(word): code for code, said in table.values.items() for word in said}
    return CodeTable(name, frozenset(table.values), words)


def _faults(document: Document, name: str, table: TableOfWords) -> Iterator[Fault]:
    try:
        known = table.values if table.codes_of == LOCAL else codelist(table.codes_of)
    except FileNotFoundError:
        yield document.fault([name, "list"], "the id of a code list, or local")
        return
    words: dict[str, str] = {}
    for code, spellings in table.values.items():
        if code not in known:
            yield document.fault([name, "values", code], f"a code of {table.codes_of}")
        for index, word in enumerate(spellings):
            place = (name, "values", code, index)
            if not _folded(word):
                yield document.fault(place, "a word, or a sign")
            elif words.setdefault(_folded(word), code) != code:
                yield document.fault(place, "a word that stands for one code only")


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    """The word as it is compared; a sign such as "?" stands for itself."""
    return fold(word) or word.strip()
