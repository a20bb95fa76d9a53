"""Measured: a process that reads a register into an outbox, without Kafka."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.runner import run
from deploy.bench.big_register import declared
from deploy.bench.children import Job, tell
from deploy.processes import peak_resident
from producers.outbox import Outbox
from schemas.topics import PARTITIONS

TODAY = date(2026, 6, 30)
SECRET = bytes(range(32))
"""Of an invented authority: nothing is kept."""


def main() -> None:
    """Reads the register of the job to its end."""
    job = Job.from_arguments()
    folder = Path(job.folder)
    register = declared(folder, job.group)
    file = folder / "outbox.sqlite"
    outbox = Outbox(file, authority=register.authority, streams=PARTITIONS, id_key=SECRET)
    clock, processor = time.perf_counter(), time.process_time()
    report = run(register, outbox, pseudonyms=Pseudonyms(SECRET), today=TODAY)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    outbox.close()
    tell(
        {
            "rows": report.rows,
            "events": report.events.new,
            "rows_per_second": report.rows / clock,
            "rows_per_core_second": report.rows / processor,
            "peak_mib": peak_resident() / 2**20,
            "outbox_mib": file.stat().st_size / 2**20,
        }
    )


if __name__ == "__main__":
    main()
