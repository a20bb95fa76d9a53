"""``python -m tests.attacks.releases``: all attacks, with a report; exits 1 if a gate is not kept.

    python -m tests.attacks.releases [--quick] [--json] [--docs FOLDER] [--opendp] [--developing]

A full run takes some minutes and writes ``docs/attacks.md``, its numbers and its pictures. A quick
one writes nothing, has fewer worlds, and leaves out A1, A3 and A6, whose intervals need many.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from deploy.terminal import err, out
from tests.attacks.releases import (
    a1_differencing,
    a2_membership,
    a3_a6_reconstruction,
    a4_bounds,
    a5_claims,
    a7_averaging,
    a8_sampler,
    accuracy,
    report,
)
from tests.attacks.releases.published import YEARS, Year, worlds
from tests.attacks.releases.scores import Outcome

GATES = Path(__file__).with_name("gates.json")
DOCS = Path(__file__).parents[3] / "docs"


def main() -> int:
    """Runs what was asked for."""
    arguments = _arguments()
    frozen = json.loads(GATES.read_text(encoding="utf-8"))
    seed = frozen["seed_while_developing" if arguments.developing else "seed"]
    size = frozen["worlds_quick" if arguments.quick else "worlds"]
    began = time.monotonic()
    made = worlds(seed, size)
    years = [year for world in made for year in world]
    err.print(f"{size} worlds published in {time.monotonic() - began:.0f} s")
    outcomes = attack(years, seed, size, frozen["attacks"], arguments.quick)
    cost = accuracy.measure(years, seed)
    run = {"seed": seed, "worlds": size, "years": len(YEARS), "quick": arguments.quick}
    if arguments.json:
        found = report.document(outcomes, cost, run)
        sys.stdout.write(json.dumps(found, default=float) + "\n")
    else:
        report.show(outcomes, cost)
    if not arguments.quick:
        from tests.attacks.releases.pictures import draw_all

        report.write(arguments.docs, outcomes, cost, run)
        draw_all(arguments.docs / "attacks", outcomes, frozen["attacks"], cost)
    wrong = sum(not verdict.kept for outcome in outcomes for verdict in outcome.verdicts)
    if arguments.opendp:
        wrong += _opendp(seed, arguments.python, frozen["attacks"]["A8"]["least_p"])
    took = time.monotonic() - began
    err.print(f"{len(outcomes)} attacks, {wrong} gates not kept, {took:.0f} s")
    return 1 if wrong else 0


def attack(
    years: Sequence[Year], seed: int, size: int, gates: Mapping[str, Any], quick: bool = False
) -> list[Outcome]:
    """All attacks, in their order."""
    few = a8_sampler.DRAWS // (4 if quick else 1)
    runs: list[tuple[Any, ...]] = [
        (a4_bounds.run, years, seed, size, gates["A4"]),
        (a2_membership.run, years, seed, size, gates["A2"]),
        (a5_claims.run, years, seed, 2 * size, gates["A5"]),
        (a7_averaging.run, seed, max(2, size // 10), gates["A7"]),
        (a8_sampler.run, seed, gates["A8"], few),
    ]
    if not quick:
        runs.append((a1_differencing.run, years, seed, 2 * size, gates["A1"]))
        runs.append((a3_a6_reconstruction.run, years, seed, size, gates))
    with ProcessPoolExecutor() as pool:
        pending = [pool.submit(*run) for run in runs]
        found = [result.result() for result in pending]
    flat = [one for each in found for one in (each if isinstance(each, list) else [each])]
    return sorted(flat, key=lambda outcome: outcome.attack)


def _opendp(seed: int, python: Path | None, least: float) -> int:
    from tests.attacks.releases.opendp_oracle import compare

    chances = compare(seed, python)
    for name, chance in chances.items():
        out.print(f"OpenDP, {name.replace('_', ' ')}: p of chi-square {chance:.3g}")
    alike = min(chances["ours_and_theirs"], chances["theirs"]) > least
    return 0 if alike and chances["both_with_wrong_spread"] < least else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.releases", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer worlds, no report")
    parser.add_argument("--json", action="store_true", help="numbers instead of tables")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where the report goes")
    parser.add_argument("--opendp", action="store_true", help="ask OpenDP too (265 MB)")
    parser.add_argument("--python", type=Path, help="a Python that has opendp")
    parser.add_argument(
        "--developing", action="store_true", help="the other seed, for who works on the suite"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
