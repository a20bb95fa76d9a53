"""Writes the four registers that are shipped with the adapters: ``python -m deploy.registers``."""

from __future__ import annotations

from pathlib import Path

import country_adapters
from deploy.registers.shipped import SHIPPED, write_shipped

if __name__ == "__main__":
    home = Path(country_adapters.__file__).parent
    for name in SHIPPED:
        written = write_shipped(name, home / name / "fixtures")
        print(f"{written.path}: {written.total} rows, {len(written.faults)} of them with a fault")
