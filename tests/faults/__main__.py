"""``python -m tests.faults``: every fault we can think of, and one table of what was lost."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from country_adapters import AUTHORITIES
from deploy.home import init_site
from deploy.terminal import err, set_up_logging, table, tell_error
from schemas.errors import SouthmedError
from tests.faults import alerts, brokers, inputs, ledgers, lines, processes, releases, trustee
from tests.faults.network import NEAR_ADDRESS, far_side, missing
from tests.faults.oracle import undisturbed
from tests.faults.registers import write_registers
from tests.faults.runner import Result, Scenario, Theatre
from tests.kafka.cluster import running_cluster

TIMES, QUICK_TIMES = 4, 2
"""The registers are so many times as large as those that are shipped."""
FIRST_SEED = 20261125

SCENARIOS = (
    Scenario("kills", processes.kills, runs=7, quick=1),
    Scenario("releases killed", releases.kills, runs=3, quick=1),
    Scenario("alerts killed", alerts.kills, runs=3, quick=1),
    Scenario("trustee killed", trustee.kills, runs=3, quick=1),
    Scenario("zombie worker", processes.zombie),
    Scenario("workers come and go", processes.rebalances, runs=2),
    Scenario("brokers killed", brokers.killed, runs=2, quick=1),
    Scenario("brokers halted", brokers.halted, runs=2),
    Scenario("two brokers away", brokers.two_away),
    Scenario("adapter cut off", lines.cut_adapter, needs_far=True),
    Scenario("worker cut off", lines.cut_worker, needs_far=True),
    Scenario("slow and lossy line", lines.slow, needs_far=True),
    Scenario("ledger's disk full", ledgers.disk_full),
    Scenario("ledger lost", ledgers.lost),
    Scenario("ledger from old backup", ledgers.old_backup),
    Scenario("torn write", ledgers.torn),
    Scenario("ledger damaged", ledgers.damaged),
    Scenario("sent twice, out of order", inputs.twice, quick=1),
    Scenario("two adapters, one key", inputs.two_adapters),
    Scenario("clocks an hour off", inputs.clocks, needs="faketime"),
)

WIDE = 150
out = Console(highlight=False)
if not out.is_terminal:
    out.width = WIDE


def main() -> int:
    """Runs what is asked for; 0 if nothing was lost anywhere."""
    set_up_logging(verbose=False)
    options = _options()
    chosen = [s for s in SCENARIOS if not options.only or s.name in options.only]
    results: list[Result] = []
    began = time.monotonic()
    with theatre(QUICK_TIMES if options.quick else TIMES, keep=options.keep) as house:
        for scenario in chosen:
            if why := _hindrance(scenario, house):
                err.print(f"[bold red]SKIPPED[/] {scenario.name}: {why}")
                continue
            for n in range(scenario.quick if options.quick else scenario.runs):
                result = house.run(scenario, options.seed + n)
                results.append(result)
                _tell(result)
    if options.json:
        out.print_json(json.dumps([result.document() for result in results]))
    else:
        out.print(_table(results))
    sound = sum(result.sound for result in results)
    err.print(f"{time.monotonic() - began:.0f} s")
    out.print(f"{sound} passed, {len(results) - sound} failed")
    return 0 if results and sound == len(results) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a part of it, within five minutes")
    parser.add_argument("--only", action="append", metavar="NAME", help="a scenario by its name")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--keep", type=Path, help="folder for sites; else a temporary one")
    parser.add_argument("--json", action="store_true", help="one JSON list instead of a table")
    return parser.parse_args()


def _hindrance(scenario: Scenario, house: Theatre) -> str:
    """Why a scenario cannot be played here; nothing if it can."""
    if scenario.needs_far and house.far is None:
        return missing()
    if scenario.needs and shutil.which(scenario.needs) is None:
        return f"no {scenario.needs}; on Debian: apt install {scenario.needs}"
    return ""


@contextmanager
def theatre(times: int, *, keep: Path | None = None) -> Iterator[Theatre]:
    """Three brokers, large registers, and what must come out of them."""
    folder = keep or Path(tempfile.mkdtemp(prefix="southmed-faults-"))
    folder.mkdir(parents=True, exist_ok=True)
    with far_side() as far:
        err.print("inventing registers and counting them undisturbed ...")
        registers = write_registers(folder / "registers", times, FIRST_SEED)
        keys = init_site(folder / "keys", AUTHORITIES)
        due = undisturbed(registers, keys.root, folder / "oracle")
        err.print(f"{due.total} facts; starting three brokers ...")
        far_host = NEAR_ADDRESS if far else ""
        with running_cluster(folder / "cluster", nodes=3, far_host=far_host) as cluster:
            yield Theatre(cluster, registers, keys, due, far, folder)
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)


def _tell(result: Result) -> None:
    verdict = "[green]nothing lost[/]" if result.sound else "[bold red]NOT SOUND[/]"
    err.print(f"{result.seconds:4.0f} s  {result.scenario} ({result.seed})  {verdict}  ", end="")
    err.print(result.error or deeds_in_words(result.deeds), markup=False)


def deeds_in_words(deeds: Mapping[str, int], between: str = "; ") -> str:
    return between.join(f"{count} x {what}" for what, count in deeds.items())


COLUMNS = (
    *("scenario", "seed", "what was done", "records#", "facts#", "s#"),
    *("lost#", "twice#", "cells off#", "ledgers off#", ""),
)


def _table(results: Sequence[Result]) -> Table:
    """A row for each run; the last columns should hold nothing but zeros."""
    rows = []
    for r in results:
        told = r.error or deeds_in_words(r.deeds, "\n")
        numbers = (f"{r.records:,}", f"{r.facts:,}", round(r.seconds))
        off = (r.difference.lost, r.difference.twice, r.difference.cells, r.disagreeing)
        verdict = "sound" if r.sound else "NOT SOUND"
        rows.append((r.scenario, r.seed, told, *numbers, *off, verdict))
    return table("What was done, and what was lost", COLUMNS, rows)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SouthmedError as error:
        tell_error(error)
        sys.exit(1)
