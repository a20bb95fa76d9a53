"""The rooms of the house, and who may enter which.

``schemas`` is the contract everyone shares and knows nobody. Authorities' code (``producers``,
``country_adapters``) and the platform's code (``processors``) never import each other: they meet
only in ``schemas`` and on Kafka, so what one side writes can be trusted only as far as the other
side verifies it. ``deploy`` puts everything together.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from deploy.documents.logs_and_metrics import LINES
from schemas.log_lines import LogLine, lines_of

ROOT = Path(__file__).parents[2]
MAY_IMPORT: dict[str, set[str]] = {
    "schemas": set(),
    "producers": {"schemas"},
    "processors": {"schemas"},
    "country_adapters": {"schemas", "producers"},
    "deploy": {"schemas", "producers", "processors", "country_adapters"},
}
LONGEST = 400

ours = pytest.mark.parametrize("room", MAY_IMPORT)


def _modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_parse(path)))


def _imports(path: Path) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it the import stands."""
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield (node.module or "").partition(".")[0]


def _calls(room: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in _modules(room):
        for node in _nodes(path):
            if isinstance(node, ast.Call):
                yield path, node


def test_there_are_five_rooms_and_no_more() -> None:
    found = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and any(path.rglob("*.py"))
    }
    assert found - {"tests", "build", "dist"} == set(MAY_IMPORT)
    assert list(ROOT.glob("*.py")) == []


@ours
def test_a_room_imports_only_what_it_may(room: str) -> None:
    forbidden = {*MAY_IMPORT, "tests"} - MAY_IMPORT[room] - {room}
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _modules(room)
        for name in _imports(path)
        if name in forbidden
    ]
    assert _modules(room)
    assert found == []


@ours
def test_no_file_is_too_long_to_read(room: str) -> None:
    lengths = {p.relative_to(ROOT): len(p.read_text("utf-8").splitlines()) for p in _modules(room)}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


@ours
def test_every_module_says_what_it_is_for(room: str) -> None:
    silent = [p for p in _modules(room) if _parse(p).body and not ast.get_docstring(_parse(p))]
    assert silent == []


@ours
def test_nothing_is_printed(room: str) -> None:
    """People are spoken to by the command line's own console, which shows counts and codes."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in _calls(room)
        if isinstance(call.func, ast.Name)
        and call.func.id in {"print", "pprint"}
        and path.name != "__main__.py"
    ]
    assert found == []


# --- What is logged -------------------------------------------------------------------------------

LOGGING = {"logging", "structlog", "warnings", "traceback", "syslog"}
MAY_LOG = {"schemas/log_lines.py", "deploy/running/logs.py"}
"""The module that calls a logger, and the one that says how lines are written."""


@ours
def test_log_lines_are_fixed_texts(room: str) -> None:
    """A logger takes any text; `tell` takes a declared line and the fields it has room for."""
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _modules(room)
        for name in _imports(path)
        if name in LOGGING and str(path.relative_to(ROOT)) not in MAY_LOG
    ]
    assert found == []


def _told() -> Iterator[tuple[str, LogLine, ast.Call]]:
    """Every call of the catalogue's functions: where it stands, the line it names, the call."""
    for room in MAY_IMPORT:
        for path, call in _calls(room):
            if isinstance(call.func, ast.Name) and call.func.id in _of_catalogue(path):
                where, first = f"{path.relative_to(ROOT)}:{call.lineno}", call.args[0]
                assert isinstance(first, ast.Attribute), f"{where}: not a declared line"
                yield where, _line(path, first), call


@cache
def _of_catalogue(path: Path) -> set[str]:
    """The functions that a module has from the catalogue and that take a line."""
    return {
        name.name
        for node in _nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module == "schemas.log_lines"
        for name in node.names
        if name.name in {"tell", "fit"} and name.asname is None
    }


def _line(path: Path, name: ast.Attribute) -> LogLine:
    """The line that ``lines.NAME`` names in a module."""
    assert isinstance(name.value, ast.Name)
    assert name.value.id == "lines"
    for node in _nodes(path):
        if isinstance(node, ast.ImportFrom) and any(n.name == "lines" for n in node.names):
            line = getattr(import_module(f"{node.module}.lines"), name.attr)
            assert isinstance(line, LogLine)
            return line
    raise AssertionError(f"{path}: no lines imported")


def test_every_line_that_is_told_is_declared_and_every_declared_one_is_told() -> None:
    told = {line for _, line, _ in _told()}
    assert told == set(LINES)
    everywhere = {line for room in MAY_IMPORT for p in _modules(room) for line in _declared(p)}
    assert everywhere == told


def _declared(path: Path) -> Iterator[LogLine]:
    if path.name == "lines.py" and "registers" not in path.parts:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield from lines_of(import_module(module))


def test_a_line_is_told_with_the_fields_it_declares() -> None:
    wrong = [
        f"{where}: {given} instead of {line.fields}"
        for where, line, call in _told()
        if isinstance(call.func, ast.Name) and call.func.id == "tell"
        if (given := tuple(k.arg for k in call.keywords)) != line.fields or len(call.args) != 1
    ]
    assert wrong == []


# --- Where packages come from is the installer's choice, not ours -------------------------------

LOCKED = re.compile(r"^([a-z0-9._-]+)==\S+")
INDEX = re.compile(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b|://", re.MULTILINE)


def test_the_lock_pins_everything_with_hashes_and_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if LOCKED.match(entry)]
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert INDEX.findall(text) == []
    assert "index-url" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_lock_has_every_dependency_that_is_declared() -> None:
    locked = {
        match[1]
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if (match := LOCKED.match(line))
    }
    declared = re.findall(
        r'^    "([A-Za-z0-9._-]+)(?:\[\w+\])?[<>=~]',
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert len(declared) > 15
    assert {re.sub(r"[._-]+", "-", name).lower() for name in declared} - locked == set()


HOSTS = ("pypi" + ".org", "python" + "hosted", "npm" + "js.", "docker" + ".io")


def test_no_file_names_a_package_registry() -> None:
    folders = (*MAY_IMPORT, "tests", "docs", ".ci")
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if "__pycache__" not in path.parts
        and any(host.encode() in path.read_bytes() for host in HOSTS)
    ]
    assert found == []
