"""Feeds the opener whatever may come: a million inputs by night, a few thousand in every test run.

    python -m tests.attacks.fuzz --examples 1000000 [--seed N] [--processes 2] [--json]

Every input is made from a number, its seed, so a finding is repeated with ``--seed N --examples 1``
and a run that was stopped goes on with the ``--seed`` that it prints. The rule for each input is
`judge`: a result or a named error, never anything else. The command ends with 1 if there is any
finding, and tells the most memory that a process took.

An attacker is more than noise, so inputs are made at every depth: random bytes; bytes of real
batches flipped, cut, repeated and spliced; fields of message and header set to odd values, with
the old signature or properly signed; and plaintexts, events too, sealed by one who holds the keys.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import Progress

from processors.intake.fold import Record, fold
from schemas.anonymity import BOTTOM, HEIGHTS, Node
from schemas.codec import MARKER, encode, registry
from schemas.dsse import sign_statement
from schemas.envelope import MAX_EVENTS
from schemas.errors import SouthmedError, tree
from schemas.receipts import PAYLOAD_TYPE as RECEIPT_TYPE
from schemas.receipts import open_receipt
from tests.attacker import (
    altered,
    forged,
    packed,
    parts,
)
from tests.attacks.material import corpus, mutated, odd_fields, some_bytes
from tests.samples import encoded
from tests.told import attested, coarsened
from tests.world import (
    TOPIC,
    a_world,
    code_of,
)

CODES = {error.code for error in tree()}
ENDS = CODES | {"ACCEPTED", "DUPLICATE", "READ"}
CHUNK = 2_000


# --- The rule ------------------------------------------------------------------------------------


class Ended(NamedTuple):
    """What an input ended in: its code, and those of the events refused in it."""

    code: str
    refused: tuple[str, ...] = ()


def judge(message: bytes) -> Ended:
    """Feeds a message to both openers; what it ended in.

    Raises:
        Exception: Whatever comes out that is no `SouthmedError`: a finding.
    """
    platform = corpus().platform
    record = Record(TOPIC, platform.offset, message)
    outcome = fold(record, platform.read, platform.world.secrets)
    entries = outcome.receipt.entries if outcome.receipt else ()
    ended = Ended(code_of(outcome), tuple(e.code for entry in entries for e in entry.refused))
    if not {ended.code, *ended.refused} <= ENDS:
        raise AssertionError(f"ended in {ended!r}")
    try:
        open_receipt(message, platform.world.trust)
    except SouthmedError:
        return ended
    return Ended("READ")


# --- Inputs --------------------------------------------------------------------------------------


def noise(rng: Random) -> bytes:
    return some_bytes(rng, 2_000)


def noise_under_a_schema(rng: Random) -> bytes:
    return MARKER + rng.choice(list(registry().by_fingerprint)) + some_bytes(rng)


def altered_bytes(rng: Random) -> bytes:
    return mutated(rng, rng.choice(corpus().batches))


def altered_receipt(rng: Random) -> bytes:
    return mutated(rng, rng.choice(corpus().receipts))


def forged_receipt(rng: Random) -> bytes:
    """A receipt with any content, by one who holds the platform's key."""
    payload = noise_under_a_schema(rng) if rng.random() < 0.5 else some_bytes(rng)
    return sign_statement(RECEIPT_TYPE, payload, a_world().platform)


def altered_fields(rng: Random) -> bytes:
    """Fields of message and header set anew, perhaps signed by one who may."""
    message = rng.choice(corpus().batches)
    outer, header = parts(message)
    changes = {"header": odd_fields(rng, header)}
    if rng.random() < 0.3:
        changes["outer"] = odd_fields(rng, {n: v for n, v in outer.items() if n != "header"})
    us = a_world()
    signer = rng.choice((None, us.tunisia, us.tunisia, us.morocco))
    return altered(message, **changes, signer=signer)


def forged_place(rng: Random) -> bytes:
    """A batch of no events, sealed for any place and time."""
    place = {"epoch": 1, "stream": 0, "produced_at": 1_700_000_000_000, **corpus().place}
    return forged(packed(encode("event_batch", {"events": []})), **place | odd_fields(rng, place))


def hostile_plaintext(rng: Random) -> bytes:
    """Anything at all inside a body that opens."""
    events = [encoded(event) for event in rng.sample(corpus().events, k=rng.randrange(4))]
    plain = encode("event_batch", {"events": events})
    framed = rng.choice(
        (
            lambda: some_bytes(rng, 1_500),
            lambda: packed(some_bytes(rng)),
            lambda: packed(noise_under_a_schema(rng)),
            lambda: packed(mutated(rng, plain)),
            lambda: mutated(rng, packed(plain)),
            lambda: packed(bytes(rng.randrange(6_000_000))) if rng.random() < 0.01 else b"",
        )
    )()
    return forged(framed, **corpus().place).message


def hostile_event(rng: Random) -> bytes:
    fields = rng.choice(corpus().events)
    message = encoded(fields)
    return rng.choice(
        (
            lambda: mutated(rng, message),
            lambda: encoded({**fields, **odd_fields(rng, _without_type(fields))}),
            lambda: encoded({**fields, **odd_fields(rng, _without_type(fields))}),
            lambda: encoded(coarsened(fields, some_node(rng))),
            lambda: noise_under_a_schema(rng),
        )
    )()


def _without_type(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "event_type"}


def some_node(rng: Random) -> Node:
    return Node(*(rng.randint(0, height) for height in HEIGHTS))


def some_attestations(rng: Random) -> list[dict[str, Any]]:
    """What a batch may attest of the quarters of its events: all, another, nothing."""
    windows = rng.choice((["2023-Q2"], ["2023-Q2"], ["2023-Q3"], ["2023-Q2", "2024-Q1"], []))
    return [attested(rng.choice((BOTTOM, some_node(rng))), w).as_fields() for w in windows]


def hostile_events(rng: Random) -> bytes:
    """A batch in good order, full of events that are not."""
    number = rng.choice((1, 2, 5, 20, MAX_EVENTS + 1 if rng.random() < 0.01 else 3))
    events = []
    while len(events) < number:
        try:
            events.append(hostile_event(rng))
        except SouthmedError:
            continue  # not even we can write it
    plain = encode("event_batch", {"events": events})
    return forged(packed(plain), **corpus().place, anonymity=some_attestations(rng)).message


INPUTS: tuple[Callable[[Random], Any], ...] = (
    noise,
    noise_under_a_schema,
    altered_bytes,
    altered_receipt,
    forged_receipt,
    altered_fields,
    forged_place,
    hostile_plaintext,
    hostile_events,
)


def an_input(rng: Random) -> tuple[str, bytes]:
    """An input and the name of what made it."""
    while True:
        make = rng.choice(INPUTS)
        try:
            made = make(rng)
        except SouthmedError:
            continue  # values that the format cannot even express
        return make.__name__, getattr(made, "message", made)


# --- The command ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chunk:
    """What a range of seeds came to."""

    ends: Counter[str]
    refused: Counter[str]
    findings: list[dict[str, Any]]
    peak_mebibytes: int


def run(seeds: range) -> Chunk:
    ends: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    findings = []
    for seed in seeds:
        kind, message = an_input(Random(seed))
        try:
            ended = judge(message)
            ends[f"{kind}: {ended.code}"] += 1
            refused.update(ended.refused)
        except Exception as error:
            findings.append({"seed": seed, "input": kind, "error": repr(error)})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Chunk(ends, refused, findings, peak)


def chunks(first: int, examples: int) -> Iterator[range]:
    for start in range(first, first + examples, CHUNK):
        yield range(start, min(start + CHUNK, first + examples))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--examples", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")
    options = parser.parse_args()
    ends: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    findings: list[dict[str, Any]] = []
    done = peak = 0
    console = Console(stderr=True)
    work = list(chunks(options.seed, options.examples))
    with ProcessPoolExecutor(options.processes) as pool, Progress(console=console) as progress:
        bar = progress.add_task("inputs", total=options.examples)
        try:
            for seeds, chunk in zip(work, pool.map(run, work), strict=True):
                ends += chunk.ends
                refused += chunk.refused
                findings += chunk.findings
                peak = max(peak, chunk.peak_mebibytes)
                done += len(seeds)
                progress.update(bar, completed=done, description=f"{len(findings)} findings")
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
    report = {
        "inputs": done,
        "first_seed": options.seed,
        "next_seed": options.seed + done,
        "peak_mebibytes": peak,
        "findings": findings[:100],
        "ends": dict(ends.most_common()),
        "refused_events": dict(refused.most_common()),
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        console.print(report)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
