"""How far intake is behind the log: by its ledgers, and by what its group has committed.

The ledger is the truth of its worker, and a store that is behind is no harm where another worker's
is ahead. The group's offsets are a hint, but of all workers on all machines. Both are compared with
the end of the log; a ledger that disagrees with the log itself is a fault however far it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.doctor.findings import Finding, attempt, fail, ok, refused, warn
from processors.indicators.rules import RULES_VERSION
from processors.intake.errors import LedgerOutdated, check_log
from processors.intake.ledger import Ledger
from processors.intake.records import HEADS, unpack_head
from schemas.errors import SouthmedError, StreamSuspended
from schemas.topics import CaseTopic

LEDGERS = "ledgers"
LAG = "lag"
GROUP = "group"
STREAMS = "streams"
BEHIND = 100
FAR_BEHIND = 10_000
"""Records that are warned of, and that are a fault."""

WORK = (
    "Look at the workers: `southmed health`, their logs; start more of them, up to one a partition."
)
ELSEWHERE = (
    "Another machine's worker has folded it, which is no harm; if there is none, this ledger was"
    " lost or restored and is being folded again."
)


@dataclass(frozen=True)
class LogSeen:
    """A partition of a case topic.

    Attributes:
        first: Its first offset.
        end: The offset that its next record will have.
        committed: Where the group will go on; None if it never committed, or may not be seen.
    """

    first: int
    end: int
    committed: int | None = None


@dataclass(frozen=True)
class LedgerSeen:
    """A ledger as it was at the moment.

    Attributes:
        next_offset: The offset that it expects.
        rules: Version of the rules that it was counted by.
        suspended: Authorities whose stream is suspended in it.
    """

    next_offset: int
    rules: int = RULES_VERSION
    suspended: tuple[str, ...] = ()


Ledgers = Mapping[CaseTopic, LedgerSeen]
Logs = Mapping[CaseTopic, LogSeen]


# --- Ledgers --------------------------------------------------------------------------------------


def look_at_ledgers(root: Path, into: dict[CaseTopic, LedgerSeen]) -> Iterator[Finding]:
    """Opens every ledger under a root, each on its own.

    Args:
        root: A worker's folder, or a folder of workers' folders.
        into: Takes the ledger of each partition that has folded furthest.
    """
    paths = sorted({*root.glob("[A-Z]*-*"), *root.glob("*/[A-Z]*-*")})
    whole = 0
    for path in paths:
        faults = attempt(LEDGERS, path.name, partial(_open, path, into))
        whole += not faults
        yield from faults
    if whole:
        yield ok(LEDGERS, str(root), f"{whole} can be read")


def _open(path: Path, into: dict[CaseTopic, LedgerSeen]) -> Iterator[Finding]:
    country, _, partition = path.name.rpartition("-")
    topic = CaseTopic(country, int(partition))
    try:
        ledger = Ledger(path, read_only=True)
        try:
            seen = _look(ledger)
        finally:
            ledger.close()
    except SouthmedError:
        raise
    except Exception as error:
        # RocksDB has one kind of error for everything, and its text names files only.
        what = f"cannot be read: {type(error).__name__}"
        advice = f"Stop its worker, remove {path}, start it: it folds the log again."
        yield fail(LEDGERS, path.name, what, advice)
        return
    if topic not in into or seen.next_offset > into[topic].next_offset:
        into[topic] = seen
    if seen.rules != RULES_VERSION:
        outdated = LedgerOutdated(expected=f"rules {RULES_VERSION}", got=f"rules {seen.rules}")
        yield refused(LEDGERS, path.name, outdated)


def _look(ledger: Ledger) -> LedgerSeen:
    state = ledger.state
    suspended = tuple(
        key.removeprefix(HEADS).decode()
        for key, value in ledger.items(HEADS)
        if unpack_head(value).suspended
    )
    return LedgerSeen(state.next_offset, state.rules, suspended)


def judge_streams(ledgers: Ledgers) -> Iterator[Finding]:
    """Whether a stream is suspended."""
    suspended = [
        (name, topic.partition)
        for topic, seen in sorted(ledgers.items(), key=lambda item: tell(item[0]))
        for name in seen.suspended
    ]
    for name, stream in suspended:
        yield refused(STREAMS, name, StreamSuspended(got=f"stream {stream}"))
    if ledgers and not suspended:
        yield ok(STREAMS, "ledgers", "none is suspended")


# --- Lag ------------------------------------------------------------------------------------------


def judge_ledgers_lag(ledgers: Ledgers, logs: Logs) -> Iterator[Finding]:
    """How far the ledgers here are behind the log; a missing one counts from the log's start."""
    total, faults = 0, False
    for topic, log in sorted(logs.items(), key=lambda item: tell(item[0])):
        folded = ledgers[topic].next_offset if topic in ledgers else 0
        try:
            check_log(log.first, log.end, folded=folded)
        except SouthmedError as error:
            faults = True
            yield refused(LAG, tell(topic), error)
            continue
        behind = log.end - folded
        total += behind
        if finding := _judge_one(topic, folded, log):
            faults = True
            yield finding
    if logs and not faults:
        yield ok(LAG, "ledgers", f"{total} records to fold, {len(logs)} partitions")


def _judge_one(topic: CaseTopic, folded: int, log: LogSeen) -> Finding | None:
    behind = log.end - folded
    if behind <= BEHIND:
        return None
    what = f"the ledger is {behind} records behind"
    if log.committed is not None and log.end - log.committed <= BEHIND:
        return warn(LAG, tell(topic), f"{what}, the group is not", ELSEWHERE)
    judge = fail if behind > FAR_BEHIND else warn
    return judge(LAG, tell(topic), what, WORK)


def judge_group(members: int, logs: Logs) -> Iterator[Finding]:
    """Whether workers are there, and how far their group is behind the log.

    Args:
        members: Workers in the group.
        logs: The case topics' partitions.
    """
    behind = {topic: log.end - (log.committed or 0) for topic, log in logs.items()}
    far = {topic: count for topic, count in behind.items() if count > BEHIND}
    total = sum(behind.values())
    if not members:
        judge = fail if total else warn
        what = f"no worker is there, {total} records wait"
        yield judge(GROUP, "intake", what, "Start one: `southmed intake run`.")
    for topic, count in sorted(far.items(), key=lambda item: tell(item[0])):
        judge = fail if count > FAR_BEHIND else warn
        yield judge(GROUP, tell(topic), f"the group is {count} records behind", WORK)
    if members and not far:
        yield ok(GROUP, "intake", f"{members} workers, {total} records behind")


def tell(topic: CaseTopic) -> str:
    """``TUN-0``, as the ledger's folder is called."""
    return f"{topic.country}-{topic.partition}"
