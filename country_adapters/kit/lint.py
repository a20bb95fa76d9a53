"""Everything that is wrong with a register's declaration, told at once.

Loading a register stops at the first fault, because nothing may be read by a wrong declaration.
Whoever writes one wants the whole list instead. The rules:

1. Each file is judged as far as it can be read: what is no YAML has one fault; a key given twice,
   or a form that is wrong, hides the rules that rest on the form, not the other file.
2. A declaration without faults loads, and one with faults does not: both ask the same functions.
3. No data is needed and none is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from country_adapters.kit import checks
from country_adapters.kit.codes import FileOfWords, word_faults
from country_adapters.kit.declaration import RegisterDeclaration
from country_adapters.kit.register import files_of
from country_adapters.kit.yaml_file import Document, Fault, NoDocumentError, open_yaml


def lint(folder: Path) -> list[Fault]:
    """The faults of the declaration in a folder, file by file, in the order of lines."""
    declaration, codes = files_of(folder)
    tables: Collection[str] | None = None
    found: list[Fault] = []
    try:
        words = open_yaml(codes)
        found += _in_order(_codes_faults(words))
        tables = words.data.keys() if isinstance(words.data, dict) else None
    except NoDocumentError as none:
        found.append(none.fault)
    try:
        found[:0] = _in_order(_declaration_faults(open_yaml(declaration), tables))
    except NoDocumentError as none:
        found.insert(0, none.fault)
    return found


def _codes_faults(document: Document) -> Iterator[Fault]:
    yield from document.repeated_keys()
    parsed = document.read(FileOfWords)
    yield from parsed if isinstance(parsed, list) else word_faults(document, parsed.root)


def _declaration_faults(document: Document, tables: Collection[str] | None) -> Iterator[Fault]:
    """The faults of ``register.yaml``.

    Args:
        document: The file.
        tables: Names of the tables of ``codes.yaml``; None if they cannot be told.
    """
    yield from document.repeated_keys()
    parsed = document.read(RegisterDeclaration)
    if isinstance(parsed, list):
        yield from parsed
    else:
        yield from checks.faults(document, parsed, _Any() if tables is None else tables)


class _Any(Collection[str]):
    """Names that are not known: each is taken to be there."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _in_order(faults: Iterator[Fault]) -> list[Fault]:
    return sorted(dict.fromkeys(faults), key=lambda fault: fault.line)
