"""Every ``southmed ...`` that a document tells people to type is a command, with these options."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from deploy.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "schemas").rglob("*.md")]
)

FENCED = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
TYPED = re.compile(r"(?:^|[\s$])(?:\.venv/bin/)?southmed +([^#|;&]*)")

HELP = "--help"

Command = TyperCommand | TyperGroup


class Wrong(NamedTuple):
    """What is wrong with a command line."""

    line: str
    why: str


def command_lines(text: str) -> Iterator[str]:
    """What follows ``southmed`` in code, inline and in blocks."""
    blocks = [line for block in FENCED.findall(text) for line in block.splitlines()]
    spans = INLINE.findall(FENCED.sub("", text))
    for code in (*blocks, *spans):
        if (found := TYPED.match(code.strip())) and not found[1].startswith(". "):
            yield re.sub(r"[\[\]]", "", found[1]).strip()


def check(line: str, root: Command) -> str:
    """What is wrong with a command line; nothing if a person could type it.

    Documents shorten: options that are required may be missing, ``...`` stands for more, and what
    one may leave out stands in brackets.
    """
    command, words = root, [word for word in shlex.split(line) if word != "..."]
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        found = command.commands.get(words[0])
        if found is None:
            return f"no command {words[0]}"
        command = found
        words.pop(0)
    return _check_words(command, words)


def _check_words(command: Command, words: list[str]) -> str:
    options = {name: p for p in command.params for name in (*p.opts, *p.secondary_opts)}
    places = sum(1 for p in command.params if p.param_type_name == "argument")
    rest = iter(words)
    for word in rest:
        name, joined, _ = word.partition("=")
        if not name.startswith("-"):
            places -= 1
            if places < 0:
                return f"one argument too many: {word}"
        elif name not in {*options, HELP}:
            return f"no option {name}"
        elif not joined and name != HELP and not getattr(options[name], "is_flag", False):
            value = next(rest, None)
            if value is None or value.startswith("--"):
                return f"{name} without a value"
    return ""


@pytest.fixture(scope="module")
def root() -> TyperGroup:
    made = typer.main.get_command(app)
    assert isinstance(made, TyperGroup)
    return made


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_line_in_a_document_can_be_typed(page: Path, root: TyperGroup) -> None:
    lines = command_lines(page.read_text(encoding="utf-8"))
    wrong = [Wrong(line, why) for line in lines if (why := check(line, root))]
    assert wrong == []


def test_documents_name_most_commands(root: TyperGroup) -> None:
    """That lines are found at all is what the test above rests on."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    lines = list(command_lines(text))
    named = {line.split()[0] for line in lines if line}
    assert len(lines) > 40
    assert set(root.commands) - named == set()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("demo --once --json", ""),
        ("doctor --site DIR --broker SERVERS --identity FOLDER", ""),
        ("doctor --site=DIR", ""),
        ("adapter run REGISTER --site DIR ...", ""),
        ("broker", ""),
        ("broker start --help", ""),
        ("docter", "no command docter"),
        ("broker begin", "no command begin"),
        ("doctor --nonsense", "no option --nonsense"),
        ("doctor DIR", "one argument too many: DIR"),
        ("doctor --site", "--site without a value"),
        ("doctor --site --json", "--site without a value"),
    ],
)
def test_a_command_line_that_nobody_could_type_is_noticed(
    root: TyperGroup, line: str, why: str
) -> None:
    assert check(line, root) == why


def test_command_lines_are_found_inline_and_in_blocks() -> None:
    text = (
        "Ask `southmed doctor [--json]`, not `southmed.clock.v1` nor southmed verify.\n"
        "   ```\n   southmed broker stop    # at the end\n   .venv/bin/southmed demo --once\n"
        "   ```\n"
    )
    assert list(command_lines(text)) == ["broker stop", "demo --once", "doctor --json"]


def test_the_command_says_which_version_it_is() -> None:
    done = CliRunner().invoke(app, ["--version"])
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert (done.exit_code, done.stdout) == (0, f"southmed {said}\n")
