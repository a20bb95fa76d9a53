"""``python -m tests.anonymity``: pycanon measures k and l of what the four registers publish.

pycanon (Apache-2.0) pins exact versions of what it needs, so it gets an environment of its own in a
temporary folder; with ``--python`` one that has it already is used. The shipped registers go past
the gate and through it, as in the golden files. The persons' events are written as CSV, those at
the top left out unless all of a quarter are, and pycanon's numbers are held against what is
attested. Exits 1 if any is smaller.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from country_adapters import REGISTERS
from deploy.terminal import err, out, table
from schemas.anonymity import PERSONS, TOP, Attestation, conforms, window_of
from tests.integration.golden import Golden, golden

PYCANON = "pycanon==1.3.5"
MEASURE = Path(__file__).with_name("measure.py")
COLUMNS = (
    *("sex", "age_band", "adult", "citizenship", "region", "period"),
    *("country_of_recruitment", "country_of_exploitation", "transit_countries"),
    "suppressed_fields",
)
Fields = dict[str, Any]
Sizes = dict[str, tuple[int, int]]


def main() -> int:
    """Measures all four; 0 if nothing is smaller than attested."""
    parser = argparse.ArgumentParser(prog="python -m tests.anonymity", description=__doc__)
    parser.add_argument("--python", type=Path, help="a Python that has pycanon")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        python = arguments.python or _environment(Path(folder) / "pycanon")
        found = []
        for name in REGISTERS.values():
            scratch = Path(folder) / name
            scratch.mkdir()
            found.append(golden(name, scratch))
        before = _measured(python, Path(folder) / "before.csv", (each.mapped for each in found))
        after = _measured(python, Path(folder) / "after.csv", (_counted(each) for each in found))
    smaller = _show(found, before, after)
    err.print(f"{smaller} quarters are smaller than attested")
    return 1 if smaller or not after else 0


def _environment(folder: Path) -> Path:
    err.print(f"installing {PYCANON} into an environment of its own ...")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    _run([str(python), "-m", "pip", "install", "--quiet", PYCANON])
    return python


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _counted(found: Golden) -> list[Fields]:
    """The persons whose classes are attested: those at the top only where all are."""
    told = [event for event in found.told if event["event_type"] in PERSONS]
    finer = {_quarter(event) for event in told if not conforms(event, TOP)}
    return [e for e in told if not conforms(e, TOP) or _quarter(e) not in finer]


def _measured(python: Path, path: Path, registers: Iterable[Iterable[Fields]]) -> Sizes:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("authority", "quarter", "type", "person", "form", *COLUMNS))
        for events in registers:
            writer.writerows(map(_row, _of_persons(events)))
    sizes = json.loads(_run([str(python), str(MEASURE), str(path)]))
    return {key: (pair[0], pair[1]) for key, pair in sizes.items()}


def _of_persons(events: Iterable[Fields]) -> Iterator[Fields]:
    return (event for event in events if event["event_type"] in PERSONS)


def _row(event: Fields) -> tuple[str, ...]:
    person = event["victim_ref"] if "victim_ref" in event else event["suspect_ref"]
    form = event.get("exploitation") or [event["stage"], event["offence_basis"]]
    told = (str(event.get(name, "")) for name in COLUMNS)
    kind, place = event["event_type"], (event["producer"], _quarter(event))
    return (*place, kind, person.hex(), " ".join(sorted(form)), *told)


def _quarter(event: Fields) -> str:
    return window_of(event["period"])


def _show(found: Sequence[Golden], before: Sizes, after: Sizes) -> int:
    """Prints all quarters; the number of those that are smaller than attested."""
    rows, smaller = [], 0
    for each in found:
        authority = each.report.authority
        for window, attested in sorted(each.attested.items()):
            key = f"{authority} {window}"
            is_smaller = key in after and not _at_least(after[key], attested)
            smaller += is_smaller
            levels = " ".join(map(str, attested.node))
            pairs = (before.get(key, ""), (attested.k, attested.l), after.get(key, ""))
            rows.append((authority, window, levels, *pairs, "SMALLER" if is_smaller else ""))
    columns = ["authority", "quarter", "node", "before (k, l)", "attested", "pycanon", ""]
    out.print(table("k and l of what is told of persons", columns, rows))
    return smaller


def _at_least(measured: tuple[int, int], attested: Attestation) -> bool:
    return measured[0] >= attested.k and measured[1] >= attested.l


if __name__ == "__main__":
    sys.exit(main())
