"""YAML with line numbers: plain data, and where each key stands.

Only what JSON has is understood: no dates, no yes/no booleans (a synonym ``yes`` stays text), no
tags. A key given twice is refused. Errors name file, line and key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from country_adapters.kit.errors import DeclarationInvalid

Model = TypeVar("Model", bound=BaseModel)
Location = Sequence[str | int]


class _Loader(yaml.SafeLoader):
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
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False, include_input=False)
            # A misspelt key is also a missing one; the misspelt one is what people look for.
            first = min(errors, key=lambda detail: detail["type"] != "extra_forbidden")
            raise self.error(first["loc"], first["msg"].removeprefix("Value error, ")) from None

    def error(self, location: Location, problem: str) -> DeclarationInvalid:
        """An error that names file, line and key.

        Args:
            location: Keys and list positions down to the culprit. Parts that the file does not
                have (a missing key, the tag of a union) are allowed.
            problem: What is wrong there.
        """
        line, known = self._find(location)
        missing = [str(location[-1])] if location and known[-1:] != [str(location[-1])] else []
        key = ".".join([*known, *missing]) or "the whole file"
        place = f"{self.path.parent.name}/{self.path.name}, line {line}, key {key}"
        return DeclarationInvalid(expected=problem, got=place)

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
    place = f"{path.parent.name}/{path.name}"
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else None
    except OSError:
        raise DeclarationInvalid(expected="a YAML file", got=f"no {place}") from None
    except (yaml.MarkedYAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise DeclarationInvalid(expected="YAML in UTF-8", got=f"{place}{line}") from None
    if node is None:
        raise DeclarationInvalid(expected="a mapping", got=f"an empty {place}")
    document = Document(path, data, node)
    _refuse_duplicates(document, node, [])
    return document


def _refuse_duplicates(document: Document, node: yaml.Node, above: list[str | int]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _refuse_duplicates(document, item, [*above, index])
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise document.error([*above, key.value], "each key once")
            seen.add(key.value)
            _refuse_duplicates(document, value, [*above, key.value])
