"""What a run holds in memory does not grow with the register.

Each reading has a process of its own; what is compared is the most that it ever had resident. Few
rows state facts, so that many are read quickly; SQLite's page cache, which is bounded by its own
setting, is made small enough to be full in both.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.small_register import GOOD, HEADER, REGISTER, declare
from tests.unit.test_rows_gone import SQL

FEW, MANY = 5_000, 45_000
MOST_GROWTH = 4 * 2**20
"""Bytes. Two digests and a key of each row more would be three times as much."""

READ = """
import sys
from pathlib import Path
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import run
from deploy.processes import peak_resident
from producers import schema
from producers.outbox import Outbox
from tests.unit.small_register import TODAY

folder = Path(sys.argv[1])
schema.CACHE_KIB = 512
outbox = Outbox(folder / "outbox.sqlite", authority="tn.test", streams=1, id_key=bytes(32))
register = load_register(folder, folder)
report = run(register, outbox, pseudonyms=Pseudonyms(bytes(32)), today=TODAY)
print(f'{{"peak": {peak_resident()}, "rows": {report.rows}, "rejected": {report.rejected}}}')
"""


def lines(number: int) -> list[str]:
    """Of a hundred rows one states facts, and one is rejected; the others say nothing yet."""
    said = {0: GOOD, 1: "D1,1,x,31/02/2020,,,,"}
    return [
        said.get(n % 100, "D1,1,x,01/02/2020,,,,").replace("D1", f"D{n}") for n in range(number)
    ]


def write(folder: Path, kind: str, number: int) -> None:
    if kind == "csv":
        declare(folder)
        (folder / "r.csv").write_text("\n".join([HEADER, *lines(number)]), encoding="utf-8")
        return
    a, b = REGISTER.index("    source:"), REGISTER.index("    columns:")
    declare(folder, REGISTER[:a] + SQL + REGISTER[b:])
    (folder / "register.url").write_text("sqlite:///register.sqlite")
    headers = HEADER.split(",")
    columns = ", ".join(f'"{name}" TEXT' for name in headers)
    marks = ", ".join("?" * len(headers))
    with sqlite3.connect(folder / "register.sqlite") as db:
        db.execute(f"CREATE TABLE lines (id INTEGER PRIMARY KEY, changed TEXT, {columns})")
        db.executemany(
            f"INSERT INTO lines VALUES (?, '2024-05-01 12:00:00', {marks})",  # noqa: S608
            [(n, *text.split(",")) for n, text in enumerate(lines(number))],
        )
        db.execute("CREATE INDEX changes ON lines (changed, id)")


def peak(folder: Path, kind: str, number: int) -> int:
    folder.mkdir()
    write(folder, kind, number)
    command = [sys.executable, "-c", READ, str(folder)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (told["rows"], told["rejected"]) == (number, number // 100)
    return int(told["peak"])


@pytest.mark.parametrize("kind", ["csv", "sql"])
def test_memory_does_not_grow_with_the_register(tmp_path: Path, kind: str) -> None:
    few = peak(tmp_path / "few", kind, FEW)
    if not few:
        pytest.skip("this system does not tell how much memory a process had")
    assert peak(tmp_path / "many", kind, MANY) - few < MOST_GROWTH
