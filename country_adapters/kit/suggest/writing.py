"""A proposal as the two files of a declaration, with comments where someone must look.

Comments name meanings, numbers and dates as words, never what stands in a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from country_adapters.kit.suggest.cells import Words
from country_adapters.kit.suggest.columns import STAYS_HOME, ColumnProposal
from country_adapters.kit.suggest.proposal import Proposal, TableProposal
from country_adapters.kit.suggest.vocabulary import meanings
from country_adapters.kit.text import fold
from schemas.codelists import codelist

MODELINE = "# yaml-language-server: $schema={}"
_HEAD = """\
# A first mapping, suggested by `southmed adapter init`. Nothing leaves by it before it is run.
# Look at every line that says "check:", then take the mark away; `southmed adapter lint` tells
# faults, `southmed adapter preview` what would leave. Columns under `ignore` are never read.
"""
_HEAD_OF_CODES = """\
# How this register spells the codes. The words were found in its columns and stand in southmed's
# own tables too; others must be added here, as rows that hold them are refused.
"""
UNREVIEWED = "# Arabic headers were compared with words that no native speaker has reviewed yet.\n"


def register_yaml(proposal: Proposal, schema: str) -> str:
    """``register.yaml``.

    Args:
        proposal: What to write.
        schema: Where the editor finds the schema, from the file's own folder.
    """
    lines = [MODELINE.format(schema), *_HEAD.splitlines()]
    if _is_arabic(proposal):
        lines.append(UNREVIEWED.strip())
    lines += [f"authority: {_flow(proposal.authority)}", f"country: {proposal.country}", "tables:"]
    for table in proposal.tables:
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def codes_yaml(proposal: Proposal, schema: str) -> str:
    """``codes.yaml``: the tables of words of all columns, those of one name together."""
    lines = [MODELINE.format(schema), *_HEAD_OF_CODES.splitlines()]
    for name, (codes_of, found) in _tables_of_words(proposal).items():
        order = [code for code in codelist(codes_of).codes if any(code in w.values for w in found)]
        lines += ["", f"{name}:", f"  list: {codes_of}", "  values:"]
        for code in order:
            words = list(dict.fromkeys(w for each in found for w in each.values.get(code, ())))
            # Two spellings that read alike are one word.
            words = list({fold(word) or word: word for word in reversed(words)}.values())[::-1]
            unsure = [word for word in words if any(word in each.checks for each in found)]
            mark = f"  # check: is {_flow(unsure)} {code}?" if unsure else ""
            lines.append(f"    {_flow(code)}: {_flow(words)}{mark}")
    if not _tables_of_words(proposal):
        lines.append("{}")
    return "\n".join(lines) + "\n"


def _tables_of_words(proposal: Proposal) -> dict[str, tuple[str, list[Words]]]:
    tables: dict[str, tuple[str, list[Words]]] = {}
    for table in proposal.tables:
        for column in table.columns:
            if column.words is not None:
                name = str(column.options["table"])
                codes_of = meanings()[column.name].codes_of
                tables.setdefault(name, (codes_of, []))[1].append(column.words)
    return tables


# --- A table -------------------------------------------------------------------------------------


def _table(table: TableProposal) -> Iterator[str]:
    yield f"  {table.name}:"
    yield from (f"    # {note}" for note in (*table.notes, *table.keys.checks))
    yield from _block("source", table.source)
    yield "    columns:"
    for column in table.columns:
        yield from _column(column)
    if table.home:
        yield "    ignore:"
    for home in table.home:
        mark = f"  # {home.why}" if home.why != STAYS_HOME else ""
        yield f"      - {_flow(home.header)}{mark}"
    yield f"    row_key: {_flow(list(table.keys.row))}"
    yield f"    case_key: {_flow(list(table.keys.case))}"
    if table.space:
        yield f"    case_space: {table.space}"
    person = {"victims": "victim_key", "suspects": "suspect_key"}.get(table.about)
    if person and table.keys.person:
        yield f"    {person}: {_flow(list(table.keys.person))}"
    yield from _events(table)


def _events(table: TableProposal) -> Iterator[str]:
    if not table.events:
        yield "    # check: no event can be stated by these columns yet, see below"
    yield "    events:" if table.events else "    events: []"
    for event in table.events:
        yield from (f"      # {check}" for check in event.checks)
        yield from (f"      {line}" for line in _dump(event.declared))
    for left in table.left_out:
        yield f"      # left out: {left.type}, as no column tells {', '.join(left.lacks)}"


def _column(column: ColumnProposal) -> Iterator[str]:
    declared = {"header": column.header, **column.options}
    yield from (f"      # {check}" for check in column.checks)
    yield f"      {column.name}: {_flow(declared)}"


def _block(name: str, options: Mapping[str, object]) -> Iterator[str]:
    yield f"    {name}:"
    yield from (f"      {key}: {_flow(value)}" for key, value in options.items())


def _dump(event: Mapping[str, object]) -> Iterator[str]:
    lead = "- "
    for key, value in event.items():
        if key == "fields" and isinstance(value, Mapping):
            yield f"{lead}fields:"
            yield from (f"    {name}: {_flow(rule)}" for name, rule in value.items())
        else:
            yield f"{lead}{key}: {_flow(value)}"
        lead = "  "


def _flow(value: object) -> str:
    """A value on one line, quoted where YAML wants it."""
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False
    )
    return text.removesuffix("...\n").strip()


def _is_arabic(proposal: Proposal) -> bool:
    headers: Sequence[str] = [c.header for t in proposal.tables for c in t.columns]
    return any(re.search(r"[\u0600-\u06ff]", header) for header in headers)
