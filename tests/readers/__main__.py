"""``python -m tests.readers``: what the console does for 200 readers; exits 1 if one was failed.

    python -m tests.readers [--readers N] [--quick] [--json]

It prints what it measured and judges no time; the readers themselves are on the same machine and
take the larger part of it.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from deploy.terminal import print_json
from tests.readers import report
from tests.readers.trial import FULL, QUICK, run


def main() -> int:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.readers", description=__doc__)
    parser.add_argument("--readers", type=int, help="how many; 200 if not given")
    parser.add_argument("--quick", action="store_true", help="a few, for a few seconds")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    extent = QUICK if asked.quick else FULL
    with tempfile.TemporaryDirectory(prefix="southmed-readers-") as folder:
        outcome = run(Path(folder), replace(extent, readers=asked.readers or extent.readers))
    told = report.document(outcome)
    if asked.json:
        print_json(told)
    else:
        report.show(told)
    return 1 if told["problems"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
