"""k and l of a table by pycanon; runs in an environment of its own, which has pycanon and not us.

Reads the path of a CSV of persons, writes JSON: for each authority and quarter its k and l, the
smallest over the event types.
"""

from __future__ import annotations

import json
import sys

import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]
from pycanon import anonymity  # type: ignore[import-not-found, import-untyped, unused-ignore]

KEYS = ["authority", "quarter", "type"]
NOT_KNOWN_OUTSIDE = [*KEYS, "person", "form"]


def main() -> None:
    """Measures each authority, quarter and event type by itself."""
    table = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
    known = [name for name in table.columns if name not in NOT_KNOWN_OUTSIDE]
    found: dict[str, list[int]] = {}
    for (authority, quarter, _), group in table.groupby(KEYS):
        # pycanon takes places of rows for their index.
        rows = group.reset_index(drop=True)
        persons = rows.drop_duplicates([*known, "person"], ignore_index=True)
        k = anonymity.k_anonymity(persons, known)
        l = anonymity.l_diversity(rows, known, ["form"])  # noqa: E741
        before = found.get(f"{authority} {quarter}", [k, l])
        found[f"{authority} {quarter}"] = [min(before[0], k), min(before[1], l)]
    json.dump({key: [int(n) for n in numbers] for key, numbers in found.items()}, sys.stdout)


main()
