"""``python -m tests.detect``: all detectors on planted networks; exits 1 if a gate is not kept.

    python -m tests.detect [--quick] [--json] [--docs FOLDER] [--developing]

A full run lives through five worlds, some minutes each on one core, and writes
``docs/detection.md``, its numbers and its pictures. A quick one has two small worlds and writes
nothing; it fails where a gate lies beyond the whole interval.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from deploy.simulate.extent import QUICK, Extent
from deploy.terminal import err
from tests.detect import report
from tests.detect.rises import measure
from tests.detect.scores import score, verdicts
from tests.detect.worlds import DETECTORS, lived

GATES = Path(__file__).with_name("gates.json")
DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    """Runs what was asked for."""
    arguments = _arguments()
    frozen = json.loads(GATES.read_text(encoding="utf-8"))
    quick, developing = arguments.quick, arguments.developing
    seeds = frozen["seeds_quick" if quick else "seeds_while_developing" if developing else "seeds"]
    runs = frozen["series_at_each_seed_quick" if quick else "series_at_each_seed"]
    extent = QUICK if quick else Extent()
    began = time.monotonic()
    outcomes = lived(seeds, extent, arguments.processes)
    of_series = seeds if quick or developing else frozen["seeds_of_series"]
    rises = measure(of_series, runs, frozen["gates"])
    scores = {detector: score(detector, outcomes) for detector in DETECTORS}
    kept = verdicts(scores, rises, frozen["gates"], quick=quick)
    run = {"seeds": seeds, "of_series": of_series, "years": extent.years, "quick": quick}
    if arguments.json:
        found = report.document(outcomes, scores, rises, kept, run)
        sys.stdout.write(json.dumps(found, default=float) + "\n")
    else:
        report.show(scores, rises, kept, run)
    if not quick:
        from tests.detect.pictures import draw_all

        report.write(arguments.docs, outcomes, scores, rises, kept, run)
        draw_all(arguments.docs / "detection", outcomes, scores, rises)
    wrong = sum(not verdict.kept for verdict in kept)
    err.print(f"{len(seeds)} worlds, {wrong} gates not kept, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.detect", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two small worlds, no report")
    parser.add_argument("--json", action="store_true", help="numbers instead of tables")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where the report goes")
    parser.add_argument("--processes", type=int, help="worlds at once; as many as there are cores")
    parser.add_argument(
        "--developing", action="store_true", help="other seeds, for who works on detectors"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
