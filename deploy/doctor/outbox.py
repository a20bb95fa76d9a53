"""An authority's outbox: what waits, what the platform refuses, and in which epoch it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from deploy.doctor.findings import Finding, attempt, fail, ok, skipped, warn
from deploy.documents.error_table import load_all_errors
from deploy.home import Site
from producers.errors import OutboxMissing
from producers.standing import Standing, standing
from schemas.errors import tree
from schemas.trust import Authority

OUTBOX = "outbox"
EPOCHS = "epochs"
LATE = timedelta(minutes=15)
TOO_LATE = timedelta(days=1)
"""How long a batch may wait for its receipt."""

WAITING = (
    "Nothing is lost. Check that `southmed adapter run` runs with --follow and reaches the broker;"
    " if it does, ask the operator whether intake runs."
)
RESTORE = (
    "Put the file aside, with those beside it; then a new epoch: docs/operator.md, an authority's"
    " outbox is lost."
)


def judge_outbox(seen: Standing, now: datetime) -> Iterator[Finding]:
    """Whether what an outbox holds gets through to the platform."""
    name = seen.authority
    for code, count in seen.refused_batches.items():
        yield fail(OUTBOX, name, f"{count} batches are refused: {code}", advice_of(code))
    for code, count in seen.refused_events.items():
        yield warn(OUTBOX, name, f"{count} events were refused: {code}", advice_of(code))
    told = (
        f"{seen.accepted} batches receipted, {seen.pending} wait, {seen.unsealed} events unsealed"
    )
    waited = _waited(seen, now)
    if waited > LATE:
        judge = fail if waited > TOO_LATE else warn
        yield judge(OUTBOX, name, f"{told}; the oldest waits for {_round(waited)}", WAITING)
    elif seen.unsealed and not seen.pending:
        yield warn(OUTBOX, name, told, "Publish them: `southmed adapter run`.")
    else:
        yield ok(OUTBOX, name, told)


def _waited(seen: Standing, now: datetime) -> timedelta:
    if seen.oldest_pending is None:
        return timedelta()
    return timedelta(milliseconds=now.timestamp() * 1000 - seen.oldest_pending)


def _round(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours >= 2 else f"{hours * 60:.0f} min"


def advice_of(code: str) -> str:
    """What to do about an error of ours, by its code."""
    load_all_errors()
    known = {error.code: error.advice for error in tree() if error.advice}
    return known.get(code, f"See {code} in docs/errors.md; southmed here may be older than there.")


def judge_epochs(seen: Standing, announced: Authority) -> Iterator[Finding]:
    """Whether outbox and trust document are in the same epoch, stream by stream."""
    behind = [s for s, epoch in seen.epochs.items() if epoch < announced.epoch_of(s)]
    ahead = [s for s, epoch in seen.epochs.items() if epoch > announced.epoch_of(s)]
    if behind:
        what = f"streams {_listed(behind)}: the trust document announces a later epoch"
        advice = "Open it with `southmed adapter open-epoch`, then run the adapter."
        yield warn(EPOCHS, seen.authority, what, advice)
    if ahead:
        what = f"streams {_listed(ahead)}: in an epoch that the trust document does not announce"
        yield fail(EPOCHS, seen.authority, what, "Get the newest trust document from the operator.")
    if not behind and not ahead:
        told = ", ".join(sorted({str(epoch) for epoch in seen.epochs.values()}))
        yield ok(EPOCHS, seen.authority, f"epoch {told}, as in the trust document")


def _listed(streams: list[int]) -> str:
    return ", ".join(map(str, streams))


def look_at_outboxes(site: Site, now: datetime) -> Iterator[Finding]:
    """Every outbox of a site."""
    for key in sorted(site.root.glob("authorities/*/signing.key")):
        name = key.parent.name
        yield from attempt(OUTBOX, name, partial(_look, site, name, now))


def _look(site: Site, name: str, now: datetime) -> Iterator[Finding]:
    try:
        seen = standing(site.authority(name) / "outbox.sqlite")
    except OutboxMissing:
        yield skipped(OUTBOX, name, "no outbox yet")
        return
    except sqlite3.OperationalError:
        # Locked, or not ours to read: no reason to put it aside.
        yield fail(OUTBOX, name, "cannot be opened", "Ask as its owner, and when nothing holds it.")
        return
    except sqlite3.DatabaseError:
        yield fail(OUTBOX, name, "the file is damaged", RESTORE)
        return
    yield from judge_outbox(seen, now)
    yield from attempt(EPOCHS, name, lambda: judge_epochs(seen, site.trust().authority(name)))
