"""Scores detectors on streams: ``python -m tests.detect.streams [seed ...]``, or 1001 to 1005."""

from __future__ import annotations

import sys
from functools import reduce
from operator import add

from tests.detect.score import score
from tests.detect.stream import invent

SEEDS = range(1001, 1006)


def main() -> None:
    """Prints each seed and all together."""
    seeds = [int(word) for word in sys.argv[1:]] or list(SEEDS)
    scores = []
    for seed in seeds:
        scores.append(score(invent(seed)))
        for name, value in scores[-1].items():
            print(f"{seed}  {name}  {value}", flush=True)
    for name in scores[0]:
        print(f"all   {name}  {reduce(add, (each[name] for each in scores))}")


if __name__ == "__main__":
    main()
