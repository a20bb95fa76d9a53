"""``southmed adapter init``: from a list as it lies there to a first declaration.

Everything that it asks has a default, and may be answered beforehand: by options, by a file of
answers, or by the answers that an earlier run left in the folder. It shows headers, counts and
words of southmed's own vocabulary, never a cell.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.markup import escape

from country_adapters.kit.errors import AnswerInvalid, RegisterMissing
from country_adapters.kit.lint import lint as faults_of
from country_adapters.kit.suggest.columns import Setting
from country_adapters.kit.suggest.database import look_at_database
from country_adapters.kit.suggest.files import look_at
from country_adapters.kit.suggest.looks import Look
from country_adapters.kit.suggest.proposal import Proposal, check_country, country_of, suggest
from country_adapters.kit.suggest.questions import Decide, Question, answer_in, with_answer
from country_adapters.kit.suggest.writing import codes_yaml, register_yaml
from country_adapters.kit.yaml_file import read_yaml
from deploy.documents.declaration_schemas import NAMES, RENDERED
from deploy.terminal import Exit, JsonOption, err, out, print_json, table
from schemas.topics import COUNTRY_CODES

ANSWERS = "answers.yaml"
HEAD = "# Answers of `southmed adapter init`; it begins with them.\n"
DATABASE = ".url"
MOST_SHOWN = 40
"""Choices that are listed."""


@dataclass
class Asking:
    """Answers questions: from what is known, from people, or by default.

    Attributes:
        answers: What was answered, by place.
        kept: Where answers of people are kept at once, so that a broken off talk goes on.
        talk: Whether there is someone to ask.
    """

    answers: Mapping[str, Any]
    kept: Path
    talk: bool

    def __call__(self, question: Question) -> str:
        """The answer to a question.

        Raises:
            AnswerInvalid: It is none of the choices.
        """
        known = answer_in(self.answers, question.place)
        answer = known if known is not None else self._asked(question)
        if question.choices and answer not in question.choices and not _is_free(question):
            place = ".".join(question.place[:-1]) or question.place[0]
            raise AnswerInvalid(expected=_shown(question.choices), got=f"another under {place}")
        return answer

    def _asked(self, question: Question) -> str:
        if not (self.talk and question.doubtful):
            return question.default
        answer = _prompt(question)
        self.answers = with_answer(self.answers, question.place, answer)
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        _write(self.kept, dict(self.answers))
        return answer


def _is_free(question: Question) -> bool:
    """Whether other answers than those shown make sense: another meaning, another encoding."""
    return question.place[0] == "files" or question.place[2:3] == ("columns",)


def _shown(choices: Sequence[str]) -> str:
    """The choices, or how many they are: nobody reads the countries of the world in one line."""
    if len(choices) <= MOST_SHOWN:
        return ", ".join(choices)
    return f"one of {len(choices) - 1} codes, such as {choices[0]}, or {choices[-1]}"


def _prompt(question: Question) -> str:
    err.print(escape(question.text), soft_wrap=True)
    if question.choices:
        err.print(f"  {escape(_shown(question.choices))}", soft_wrap=True)
    while True:
        answer = str(typer.prompt("  answer", default=question.default or None, err=True)).strip()
        if not question.choices or answer in question.choices or _is_free(question):
            return answer
        err.print("  one of those, please")


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to write the declaration to.")],
    data: Annotated[
        list[Path],
        typer.Option(
            "--data",
            exists=True,
            dir_okay=False,
            help="A workbook, CSV, KoBo export, or a .url file with the address of a database.",
        ),
    ],
    authority: Annotated[str, typer.Option("--authority", help="Id, such as tn.frontier.")] = "",
    country: Annotated[str, typer.Option("--country", help="ISO 3166-1 alpha-3.")] = "",
    answers: Annotated[
        Path | None,
        typer.Option("--answers", exists=True, dir_okay=False, help="Answers, YAML or JSON."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, take the defaults.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a declaration that is there.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Looks at a list, asks what it cannot tell, and writes a first mapping to be corrected.

    What is not understood stays home; what is only probable is marked "check:". Exits 3 if lint
    still finds faults in what was written.
    """
    if any((folder / name).exists() for name in NAMES) and not force:
        raise typer.BadParameter("a declaration is there already; --force writes over it")
    if len({file.resolve().parent for file in data}) > 1:
        raise typer.BadParameter("the files lie in different folders", param_hint="--data")
    known = {**_read(folder / ANSWERS), **(_read(answers) if answers else {})}
    known |= {k: v for k, v in (("authority", authority), ("country", country)) if v}
    talk = not yes and not json and sys.stdin.isatty()
    asking = Asking(known, folder / ANSWERS, talk)
    proposal = _proposal(data, asking)
    _write_folder(folder, proposal, asking.answers)
    faults = [fault.error().got for fault in faults_of(folder)]
    if json:
        print_json({**_document(proposal), "folder": str(folder), "faults": faults})
    else:
        _show(proposal, folder, data[0].parent, faults)
    if faults:
        raise typer.Exit(Exit.PARTIAL)


def _proposal(data: list[Path], decide: Decide) -> Proposal:
    text = "Which authority? Its id begins with the country's code, such as tn.frontier."
    authority = decide(Question(("authority",), text, ""))
    if not authority:
        raise typer.BadParameter("name it, such as tn.frontier", param_hint="--authority")
    text = "Which country reports (ISO 3166-1 alpha-3)?"
    country = check_country(
        decide(Question(("country",), text, country_of(authority), doubtful=False))
    )
    looks = [look for file in data for look in _looks(file, country, decide)]
    return suggest(authority, looks, Setting(country, datetime.now(UTC).date(), decide))


def _looks(file: Path, country: str, decide: Decide) -> list[Look]:
    if file.suffix == DATABASE:
        return look_at_database(file, f"SOUTHMED_{COUNTRY_CODES[country].upper()}_REGISTER")
    try:
        content = file.read_bytes()
    except OSError:
        raise RegisterMissing(expected=f"the file {file.name}", got="none to read") from None
    return look_at(file.name, content, decide)


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    found = read_yaml(path).data
    if not isinstance(found, dict):
        raise AnswerInvalid(expected="a mapping of answers", got=path.name)
    return found


def _write(path: Path, answers: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(dict(answers), allow_unicode=True, sort_keys=False)
    path.write_text(HEAD + text, encoding="utf-8")


def _write_folder(folder: Path, proposal: Proposal, answers: Mapping[str, Any]) -> None:
    """The two files, the schemas for editors beside them, and the answers."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "register.yaml": register_yaml(proposal, NAMES["register.yaml"]),
        "codes.yaml": codes_yaml(proposal, NAMES["codes.yaml"]),
        **{name: render() for name, render in RENDERED.items()},
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    _write(folder / ANSWERS, answers)


# --- Telling -------------------------------------------------------------------------------------


def _document(proposal: Proposal) -> dict[str, object]:
    return {
        "authority": proposal.authority,
        "country": proposal.country,
        "tables": [
            {
                "table": t.name,
                "found": t.place,
                "source": t.source,
                "columns": [
                    {"name": c.name, "header": c.header, **c.options, "checks": list(c.checks)}
                    for c in t.columns
                ],
                "stay_home": [{"header": home.header, "why": home.why} for home in t.home],
                "row_key": t.keys.row,
                "events": [event.declared["type"] for event in t.events],
                "left_out": [{"type": left.type, "lacks": left.lacks} for left in t.left_out],
                "checks": t.checks,
            }
            for t in proposal.tables
        ],
    }


def _show(proposal: Proposal, folder: Path, data: Path, faults: list[str]) -> None:
    for found in proposal.tables:
        rows = [
            (escape(c.header), c.name, c.options["kind"], escape("; ".join(c.checks)))
            for c in found.columns
        ]
        rows += [(escape(home.header), "stays home", "", escape(home.why)) for home in found.home]
        title = f"{found.name}: {escape(found.place)}"
        out.print(table(title, ["column", "taken for", "kind", "note"], rows))
        out.print(f"states {', '.join(e.declared['type'] for e in found.events) or 'nothing yet'}")
        for left in found.left_out:
            out.print(f"left out: {left.type}, as no column tells {', '.join(left.lacks)}")
    checks = sum(found.checks for found in proposal.tables)
    out.print(f"written: {escape(str(folder))}; places to check: {checks}", soft_wrap=True)
    for fault in faults:
        out.print(f"lint: {escape(fault)}", soft_wrap=True)
    out.print("next:")
    there, files = shlex.quote(str(folder)), shlex.quote(str(data))
    for command in (
        f"southmed adapter lint {there}",
        f"southmed adapter preview {there} --data {files} --html preview.html",
        f"southmed adapter check {there} --data {files} --site SITE --broker SERVERS",
    ):
        out.print(f"  {escape(command)}", soft_wrap=True)
