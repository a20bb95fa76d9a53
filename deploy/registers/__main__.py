"""Writes invented registers: ``python -m deploy.registers [FILE]``.

Without a file, the four that are shipped with the adapters; with one (``.xlsx``), the list of an
authority that is about to join (`newcomer`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import country_adapters
from deploy.registers import newcomer
from deploy.registers.faults import Written
from deploy.registers.shipped import SHIPPED, write_shipped


def write(files: list[str]) -> Iterator[Written]:
    """Writes what was asked for."""
    for file in files:
        yield newcomer.write(Path(file))
    if not files:
        home = Path(country_adapters.__file__).parent
        for name in SHIPPED:
            yield write_shipped(name, home / name / "fixtures")


if __name__ == "__main__":
    for written in write(sys.argv[1:]):
        print(f"{written.path}: {written.total} rows, {len(written.faults)} of them with a fault")
