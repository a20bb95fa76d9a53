"""Reading a register: through the adapter's own loop into an outbox, beside a bare read of it.

The bare read takes every cell of the same file or table and does nothing with it. What lies between
is mapping, anonymisation, the scanner, and the outbox with every chunk of rows on the disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.bench.big_register import write_csv, write_sql
from deploy.bench.children import Job, measure

WRITERS: dict[str, Callable[[Path, int], Path]] = {"csv": write_csv, "sql": write_sql}
SECONDS_A_ROW = 0.01
"""A measured process is given up when rows take much longer than this."""


@dataclass(frozen=True)
class RegisterFigures:
    """One kind of register.

    Attributes:
        kind: ``csv`` or ``sql``.
        rows: Its rows.
        mib: Its size.
        events: Events recorded in the outbox.
        rows_per_second: Rows that the adapter reads in a second, as the clock goes.
        rows_per_core_second: Rows in a second of processor time.
        bare_rows_per_second: The same of the bare read, as the clock goes.
        peak_mib: The most resident memory of the process that read.
        outbox_mib: The outbox on the disk.
    """

    kind: str
    rows: int
    mib: float
    events: int
    rows_per_second: float
    rows_per_core_second: float
    bare_rows_per_second: float
    peak_mib: float
    outbox_mib: float


def measure_registers(
    folder: Path, *, rows: int, on_register: Callable[[], None]
) -> list[RegisterFigures]:
    """Measures each kind of register.

    Args:
        folder: Where registers and outboxes may lie; they are deleted again.
        rows: Rows of each.
        on_register: Told after each.
    """
    found = []
    for kind, write in WRITERS.items():
        place = folder / f"register-{kind}"
        place.mkdir()
        path = write(place, rows)
        patience = max(180.0, rows * SECONDS_A_ROW)
        job = Job("", str(place), records=rows, group=kind)
        bare = measure("bare_register_process", job, patience)
        read = measure("register_process", job, patience)
        found.append(
            RegisterFigures(
                kind,
                rows,
                path.stat().st_size / 2**20,
                read["events"],
                read["rows_per_second"],
                read["rows_per_core_second"],
                bare["rows_per_second"],
                read["peak_mib"],
                read["outbox_mib"],
            )
        )
        shutil.rmtree(place)
        on_register()
    return found
