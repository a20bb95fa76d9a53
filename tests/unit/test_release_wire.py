"""A second implementation of releases, written from ``docs/wire-format.md`` alone.

It uses none of southmed's code but to make the release that it computes again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.releases import in_ledger, made, some_keys, some_records
from tests.samples import an_event, ref

ROOT = Path(__file__).parents[2]
GAUSSIAN = json.loads((ROOT / "processors/release/gaussian.json").read_text("utf-8"))
BY = {
    "P1": ["REF_AREA", "TIME_PERIOD"],
    "P3": ["REF_AREA", "ORIGIN"],
    "F1": ["REF_AREA", "FORM", "SEX"],
    "F4": ["REF_AREA", "STAGE", "FORM"],
    "F5": ["REF_AREA", "TIME_PERIOD"],
}
KEYS = ["P1|2023-Q2|PROVISIONAL", "P3|2023-Q4|PROVISIONAL", "F1|2023|FINAL", "F4|2023|FINAL",
        "F5|2023|FINAL"]  # fmt: skip


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def compact(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def snapshot(records: list[tuple[bytes, str, dict[str, str]]], key: bytes, secret: bytes) -> bytes:
    layer = []
    for record_key, period, values in sorted(records, key=lambda r: r[0]):
        attributes = compact([period, *[[name, values[name]] for name in sorted(values)]])
        layer.append(
            hashlib.sha256(b"\0" + record_key + hashlib.sha256(attributes).digest()).digest()
        )
    while len(layer) > 1:
        above = []
        for place in range(0, len(layer) - 1, 2):
            above.append(hashlib.sha256(b"\1" + layer[place] + layer[place + 1]).digest())
        layer = above + ([layer[-1]] if len(layer) % 2 else [])
    root = layer[0] if layer else hashlib.sha256(b"").digest()
    return mac(secret, b"southmed snapshot v1|" + key + b"|" + root)


def noise(cell: str, key: str, digest: bytes, year_key: bytes) -> int:
    info = b"southmed release noise v1|" + key.encode() + b"|" + digest
    release_key = mac(mac(bytes(32), year_key), info + b"\1")
    u = int.from_bytes(
        mac(release_key, f"{key.split('|', maxsplit=1)[0]}|{cell}".encode())[:8], "big"
    )
    return next(k for k in range(-40, 41) if u < GAUSSIAN["cumulative"][k + 40])


def read_values(cells: dict[str, int], key: str) -> dict[str, int]:
    """The nearest point by search: the amount by which cells are lowered, tried one by one."""

    def lot(cell: str) -> bytes:
        return hashlib.sha256(f"{key}|{cell}".encode()).digest()

    total = max(0, sum(cells.values()))
    order = sorted(cells, key=lambda cell: (-cells[cell], lot(cell)))
    for size in range(len(order), 0, -1):
        lowered = sum(cells[cell] for cell in order[:size]) - total
        if cells[order[size - 1]] > Fraction(lowered, size):
            break
    else:
        return dict.fromkeys(cells, 0)
    values = dict.fromkeys(cells, 0)
    for place, cell in enumerate(sorted(order[:size], key=lot)):
        values[cell] = cells[cell] - lowered // size - (place < lowered % size)
    return values


@pytest.mark.parametrize("size", [0, 1, 7, 200])
@pytest.mark.parametrize("key", KEYS)
def test_the_page_is_enough_to_compute_a_release_again(key: str, size: int) -> None:
    table, period, _ = key.split("|")
    found, keys = made(key, some_records(size)), some_keys()
    document = json.loads(found.release.dump())
    records = [(r.key, r.month, dict(r.values)) for r in found.records]
    digest = snapshot(records, key.encode(), keys.record)
    assert document["statement"]["snapshot"] == digest.hex()
    by_country: dict[str, dict[str, int]] = {}
    for row in document["observations"]:
        cell = "|".join(row[name] for name in BY[table])
        count = sum(
            all((r[1] if n == "TIME_PERIOD" else r[2][n]) == row[n] for n in BY[table])
            for r in records
        )
        measured = count + noise(cell, key, digest, keys.noise[period[:4]])
        assert row["MEASUREMENT"] == measured
        by_country.setdefault(row["REF_AREA"], {})[cell] = measured
    values: dict[str, int] = {}
    for cells in by_country.values():
        values |= read_values(cells, key)
    rows = {"|".join(row[n] for n in BY[table]): row for row in document["observations"]}
    assert {cell: row["OBS_VALUE"] for cell, row in rows.items()} == values
    output = hashlib.sha256(compact(document["observations"])).hexdigest()
    assert document["statement"]["output"] == output


def test_the_page_is_enough_for_the_keys_of_records() -> None:
    from processors.release.snapshot import Entry, population
    from processors.release.tables import shipped

    secret = b"k" * 32
    events = an_event("victim.identified"), an_event("training.delivered")
    subjects = [[in_ledger(event)] for event in events]
    found = population([(Entry("TUN-0"), subjects)], shipped(), secret)
    victim = mac(secret, b"southmed record v1|v|tn.inltp|" + ref("victim 1"))
    training = mac(secret, b"southmed record v1|f|tn.inltp|" + ref("fact 1"))
    assert [record.key for record in found["VICTIMS"]] == [victim]
    assert [record.key for record in found["TRAININGS"]] == [training]
