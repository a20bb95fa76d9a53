"""YAML with line numbers: plain data, and where each key stands.

Only what JSON has is understood: no dates, no yes/no booleans (a synonym ``yes`` stays text), no
tags. A key given twice is refused. Errors name file, line and key: a ``Fault`` is one of them, and
whoever wants to know of all at once asks for faults instead of waiting for the first error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from country_adapters.kit.errors import DeclarationInvalid

try:  # A tenth of the time, where PyYAML was built with libyaml.
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

Model = TypeVar("Model", bound=BaseModel)
Location = Sequence[str | int]


class _Loader(SafeLoader):
    """The safe loader without YAML 1.1's readings of ``yes``, ``no``, dates and ``1_000``."""


_Loader.yaml_implicit_resolvers = {}
_PLAIN_SCALARS = (
    ("bool", r"^(?:true|false)$", ["t", "f"]),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("merge", r"^<<$", ["<"]),
)
for _name, _pattern, _first in _PLAIN_SCALARS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_pattern), _first)


@dataclass(frozen=True)
class Fault:
    """Something that is wrong at one place of a declaration.

    Attributes:
        file: Folder and name of the file.
        line: The line, from 1; 0 if the file could not be read so far.
        key: The keys down to the culprit, with dots between.
        expected: What would be right there.
    """

    file: str
    line: int
    key: str
    expected: str

    def error(self) -> DeclarationInvalid:
        """The same as an error."""
        line = f", line {self.line}" if self.line else ""
        key = f", key {self.key}" if self.key else ""
        return DeclarationInvalid(expected=self.expected, got=f"{self.file}{line}{key}")


class NoDocumentError(Exception):
    """A file is not there, no YAML, or empty; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.expected)


@dataclass(frozen=True)
class Document:
    """A YAML file as data, able to say where a key stands."""

    path: Path
    data: Any
    node: yaml.Node

    def parse(self, model: type[Model]) -> Model:
        """The file as a pydantic model.

        Raises:
            DeclarationInvalid: With file, line and key of the first thing that is wrong.
        """
        parsed = self.read(model)
        if isinstance(parsed, list):
            raise parsed[0].error()
        return parsed

    def read(self, model: type[Model]) -> Model | list[Fault]:
        """The file as a pydantic model, or everything that is wrong with its form."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False, include_input=False)
        # A misspelt key is also a missing one; the misspelt one is what people look for.
        errors.sort(key=lambda detail: detail["type"] != "extra_forbidden")
        return [self.fault(e["loc"], e["msg"].removeprefix("Value error, ")) for e in errors]

    def error(self, location: Location, problem: str) -> DeclarationInvalid:
        """An error that names file, line and key; see ``fault``."""
        return self.fault(location, problem).error()

    def fault(self, location: Location, problem: str) -> Fault:
        """What is wrong at a key.

        Args:
            location: Keys and list positions down to the culprit. Parts that the file does not
                have (a missing key, the tag of a union) are allowed.
            problem: What is wrong there.
        """
        line, known = self._find(location)
        missing = [str(location[-1])] if location and known[-1:] != [str(location[-1])] else []
        key = ".".join([*known, *missing]) or "the whole file"
        return Fault(_place(self.path), line, key, problem)

    def repeated_keys(self) -> Iterator[Fault]:
        """Every key that is given twice in one mapping."""
        yield from _repeated(self, self.node, [])

    def _find(self, location: Location) -> tuple[int, list[str]]:
        node, line, known = self.node, self.node.start_mark.line + 1, list[str]()
        for part in location:
            child = _child(node, part)
            if child is not None:
                line, node = child
                known.append(str(part))
        return line, known


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    """The line and the value of a key or list position, if the node has it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None


def read_yaml(path: Path) -> Document:
    """Reads one YAML file.

    Raises:
        DeclarationInvalid: The file is not there, no YAML, or has a key twice.
    """
    try:
        document = open_yaml(path)
    except NoDocumentError as none:
        raise none.fault.error() from None
    for fault in document.repeated_keys():
        raise fault.error()
    return document


def open_yaml(path: Path) -> Document:
    """Reads one YAML file as it is, keys given twice included.

    Raises:
        NoDocumentError: There is nothing to be read.
    """
    name = _place(path)
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else None
    except OSError:
        raise NoDocumentError(Fault(f"no {name}", 0, "", "a YAML file")) from None
    except (yaml.MarkedYAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise NoDocumentError(Fault(name, line, "", "YAML in UTF-8")) from None
    if node is None:
        raise NoDocumentError(Fault(f"an empty {name}", 0, "", "a mapping"))
    return Document(path, data, node)


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _repeated(document: Document, node: yaml.Node, above: list[str | int]) -> Iterator[Fault]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(document, item, [*above, index])
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield document.fault([*above, key.value], "each key once")
            seen.add(key.value)
            yield from _repeated(document, value, [*above, key.value])
