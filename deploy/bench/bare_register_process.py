"""Measured: a process that takes every cell of a register and does nothing with it."""

from __future__ import annotations

import csv
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.bench.big_register import DATABASE, DELIMITER, ENCODING, FILE, TABLE
from deploy.bench.children import Job, tell


def main() -> None:
    """Reads the register of the job to its end."""
    job = Job.from_arguments()
    since = time.perf_counter()
    rows = sum(1 for _ in _rows(Path(job.folder), job.group))
    tell({"rows_per_second": rows / (time.perf_counter() - since)})


def _rows(folder: Path, kind: str) -> Iterator[object]:
    if kind == "sql":
        with sqlite3.connect(folder / DATABASE) as db:
            yield from db.execute(f"SELECT * FROM {TABLE} ORDER BY changed_at, id")  # noqa: S608
        return
    with (folder / FILE).open(encoding=ENCODING, newline="") as file:
        reader = csv.reader(file, delimiter=DELIMITER)
        next(reader)
        yield from reader


if __name__ == "__main__":
    main()
