"""The golden files: what the shipped register of each country comes to, event by event.

A register goes the real way - declaration, source, mapping, outbox - under a fixed secret and a
fixed day, once past the gate and once through it. ``expected.jsonl`` holds the events as they are
mapped, one a line, sorted, without what the outbox assigns (its ids and revision);
``expected_rejects.csv`` the rows that stay home; ``expected_quarters.csv`` how every quarter is
told. After a change that is meant, write them again and read the difference::

    python -m tests.integration.golden tunisia jordan
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import SHIPPED, Register, load_register
from country_adapters.kit.runner import RunReport, run, write_rejects
from country_adapters.kit.sources.sql_table import SqlOptions
from producers.outbox import Outbox
from producers.rows import Quarter
from schemas.anonymity import Attestation, Node
from schemas.codec import decode
from schemas.envelope import Place, Sealed

TODAY = date(2026, 6, 30)
PSEUDONYMS = Pseudonyms(b"southmed golden files, no secret")
ASSIGNED = ("event_id", "fact_ref", "supersedes", "revision")
Fields = dict[str, Any]


@dataclass(frozen=True)
class Golden:
    """What a register comes to.

    Attributes:
        mapped: The events as they are mapped.
        told: The events as they leave.
        attested: What is attested of each quarter.
        quarters: Content of ``expected_quarters.csv``.
        rejects: Content of ``expected_rejects.csv``.
        report: Of the run.
        again: Of a second run on the same outbox.
    """

    mapped: list[Fields]
    told: list[Fields]
    attested: dict[str, Attestation]
    quarters: str
    rejects: str
    report: RunReport
    again: RunReport

    @property
    def events(self) -> list[str]:
        """Lines of ``expected.jsonl``."""
        return sorted(map(line_of, self.mapped))


def fixtures(country: str) -> Path:
    """The folder of a country's shipped register."""
    return SHIPPED / country / "fixtures"


def register(country: str, scratch: Path) -> Register:
    """The shipped register; one kept as SQL statements is loaded into a database first."""
    shipped = load_register(country)
    for table in shipped.declaration.tables.values():
        if not isinstance(table.source, SqlOptions):
            return shipped
        database = scratch / "register.sqlite"
        database.unlink(missing_ok=True)
        connection = sqlite3.connect(database)
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript((shipped.data / "register.sql").read_text(encoding="utf-8"))
        connection.close()
        (scratch / table.source.address.file).write_text(f"sqlite:///{database}")
    return load_register(country, scratch)


def golden(country: str, scratch: Path) -> Golden:
    """Runs a register through its adapter.

    Args:
        country: Folder under ``country_adapters``.
        scratch: An empty folder.
    """
    declared = register(country, scratch)
    past, through = (_outbox(declared, scratch / name) for name in ("past", "through"))
    report = _run(declared, past, unsafe_without_gate=True)
    again = _run(declared, past, unsafe_without_gate=True)
    write_rejects(past, scratch / "rejects.csv")
    _run(declared, through)
    told, attested = leaving(through)
    quarters = _quarters(through.quarters(), attested)
    mapped, _ = leaving(past)
    past.close()
    through.close()
    rejects = (scratch / "rejects.csv").read_text(encoding="utf-8")
    return Golden(mapped, told, attested, quarters, rejects, report, again)


def _outbox(declared: Register, path: Path) -> Outbox:
    return Outbox(path, authority=declared.authority, streams=1, id_key=bytes(32))


def _run(declared: Register, outbox: Outbox, *, unsafe_without_gate: bool = False) -> RunReport:
    return run(
        declared,
        outbox,
        pseudonyms=PSEUDONYMS,
        today=TODAY,
        unsafe_without_gate=unsafe_without_gate,
    )


def leaving(outbox: Outbox) -> tuple[list[Fields], dict[str, Attestation]]:
    """The events of an outbox with one stream, and what is attested of their quarters."""
    found, attested = _sealed(outbox)
    said = map(decode, found)
    return [{"event_type": each.subject, **each.fields} for each in said], attested


def messages(outbox: Outbox) -> list[bytes]:
    """The events of an outbox with one stream, as a sealer gets them."""
    return _sealed(outbox)[0]


def _sealed(outbox: Outbox) -> tuple[list[bytes], dict[str, Attestation]]:
    events: list[bytes] = []
    attested: dict[str, Attestation] = {}

    def seal(batch: Sequence[bytes], place: Place, quarters: Sequence[Attestation]) -> Sealed:
        events.extend(batch)
        attested.update((quarter.window, quarter) for quarter in quarters)
        return Sealed(message=b"", hash=place.sequence.to_bytes(32, "big"))

    while outbox.seal_next(0, seal, even_empty=False):
        pass
    return events, attested


def _quarters(quarters: Sequence[Quarter], attested: Mapping[str, Attestation]) -> str:
    lines = [",".join(("quarter", *Node._fields, "k,l,suppressed,published,waiting"))]
    for quarter in quarters:
        said = attested.get(quarter.window)
        told = (*said.node, said.k, said.l, said.suppressed) if said else ("",) * 8
        line = (quarter.window, *told, quarter.published, quarter.waiting)
        lines.append(",".join(map(str, line)))
    return "\n".join(lines) + "\n"


def line_of(event: Fields) -> str:
    """An event as a line of ``expected.jsonl``."""
    fields = {name: value for name, value in event.items() if name not in ASSIGNED}
    return json.dumps(fields, ensure_ascii=False, default=bytes.hex)


def main(countries: Sequence[str]) -> None:
    """Writes the golden files of countries again."""
    for country in countries:
        with TemporaryDirectory() as scratch:
            found = golden(country, Path(scratch))
        folder = fixtures(country)
        (folder / "expected.jsonl").write_text("\n".join(found.events) + "\n", encoding="utf-8")
        (folder / "expected_quarters.csv").write_text(found.quarters, encoding="utf-8")
        (folder / "expected_rejects.csv").write_text(found.rejects, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
