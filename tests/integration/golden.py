"""The golden files: what the shipped register of each country comes to, event by event.

A register goes the real way - declaration, source, mapping, outbox - under a fixed secret and a
fixed day. ``expected.jsonl`` holds the events as they would be sealed, one a line, sorted, without
what the outbox assigns (its ids and revision); ``expected_rejects.csv`` the rows that
stay home. After a change that is meant, write them again and read the difference::

    python -m tests.integration.golden tunisia jordan
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import SHIPPED, Register, load_register
from country_adapters.kit.runner import RunReport, run, write_rejects
from country_adapters.kit.sources.sql_table import SqlOptions
from producers.outbox import Outbox
from schemas.anonymity import Attestation
from schemas.codec import decode
from schemas.envelope import Place, Sealed

TODAY = date(2026, 6, 30)
PSEUDONYMS = Pseudonyms(b"southmed golden files, no secret")
ASSIGNED = ("event_id", "fact_ref", "supersedes", "revision")


@dataclass(frozen=True)
class Golden:
    """What a register comes to.

    Attributes:
        events: Lines of ``expected.jsonl``.
        rejects: Content of ``expected_rejects.csv``.
        report: Of the run.
        again: Of a second run on the same outbox.
    """

    events: list[str]
    rejects: str
    report: RunReport
    again: RunReport


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
    path = scratch / "outbox.sqlite"
    outbox = Outbox(path, authority=declared.authority, streams=1, id_key=bytes(32))
    report = run(declared, outbox, pseudonyms=PSEUDONYMS, today=TODAY)
    again = run(declared, outbox, pseudonyms=PSEUDONYMS, today=TODAY)
    write_rejects(outbox, scratch / "rejects.csv")
    events = sorted(map(_line, messages(outbox)))
    outbox.close()
    return Golden(events, (scratch / "rejects.csv").read_text(encoding="utf-8"), report, again)


def messages(outbox: Outbox) -> Iterator[bytes]:
    """The events of an outbox with one stream, as a sealer gets them."""
    held: list[bytes] = []

    def seal(batch: Sequence[bytes], place: Place, _: Sequence[Attestation]) -> Sealed:
        held.extend(batch)
        return Sealed(message=b"", hash=place.sequence.to_bytes(32, "big"))

    while outbox.seal_next(0, seal, even_empty=False):
        pass
    yield from held


def _line(message: bytes) -> str:
    decoded = decode(message)
    fields = {name: value for name, value in decoded.fields.items() if name not in ASSIGNED}
    return json.dumps(
        {"event_type": decoded.subject, **fields}, ensure_ascii=False, default=bytes.hex
    )


def main(countries: Sequence[str]) -> None:
    """Writes the golden files of countries again."""
    for country in countries:
        with TemporaryDirectory() as scratch:
            found = golden(country, Path(scratch))
        folder = fixtures(country)
        (folder / "expected.jsonl").write_text("\n".join(found.events) + "\n", encoding="utf-8")
        (folder / "expected_rejects.csv").write_text(found.rejects, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
