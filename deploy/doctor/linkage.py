"""The keys of linkage tokens: what the trust document says of them, and what a holder has.

The document is looked at everywhere, because everybody believes it: if the public halves of three
shares are not those of one key, each pair of holders makes other tokens, and nobody would notice
before two countries fail to meet. What a holder has is looked at where its folder is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import get_args

from deploy.doctor.findings import Finding, attempt, fail, ok, refused, skipped, warn
from deploy.home import Site
from deploy.trustee import Place
from processors.linkage.errors import BookForeign, LinkageKeyMissing
from processors.linkage.judge import announced
from schemas.errors import KeyFileInvalid, SouthmedError
from schemas.linkage_errors import KeyNotHeld
from schemas.linkage_keys import LinkageKey
from schemas.ristretto import read_element
from schemas.threshold import check
from schemas.trust import ByStream, Holder, LinkageEpoch, LinkageShare, TrustDocument

YEARS = "linkage keys"
HOLDER = "linkage holder"
PATIENCE = 5.0

NOT_NAMED = (
    "Get the newest trust document. If it does not name this holder either, announce the key, or"
    " destroy it if it is from before a ceremony: docs/trustee.md."
)
CUT_SHORT = "Run `southmed linkage split` or `refresh` again where it was begun: it settles first."
ENROL = "The holder runs `southmed linkage init`; its public half goes into the trust document."
LOCKED = "Ask as its owner, and when nothing holds it."
DAMAGED = "Bring book.sqlite from the backup; without it quotas begin anew: docs/trustee.md."


# --- The trust document ---------------------------------------------------------------------------


def judge_epoch(trust: TrustDocument, entry: LinkageEpoch) -> Iterator[Finding]:
    """Whether a year's public halves are those of one key, and whether enough holders answer."""
    whole = bytes.fromhex(entry.public)
    try:
        if entry.needed == 1:
            read_element(whole)
        else:
            check({s.index: bytes.fromhex(s.public) for s in entry.shares}, whole)
    except SouthmedError as error:
        yield refused(YEARS, entry.epoch, error)
        return
    believed = {
        key.owner
        for key in trust.keys
        if key.purpose == "evaluation" and key.compromised_from == ByStream()
    }
    dumb = [share.holder for share in entry.shares if share.holder not in believed]
    if not dumb:
        held = "one holder" if entry.needed == 1 else "three holders, any two make its tokens"
        yield ok(YEARS, entry.epoch, f"{held}; the public halves agree")
        return
    tell = fail if len(entry.shares) - len(dumb) < entry.needed else warn
    yield tell(YEARS, entry.epoch, f"no signing key in force of {', '.join(dumb)}", ENROL)


def look_at_linkage(site: Site) -> Iterator[Finding]:
    """Every year of the trust document, and every holder whose folder is here."""
    try:
        trust = site.trust()
    except KeyFileInvalid:
        yield skipped(YEARS, "trust.json", "needs the trust document")
        return
    if not trust.linkage:
        yield skipped(YEARS, "trust.json", "names no key: no tokens are made")
    for entry in trust.linkage:
        yield from attempt(YEARS, entry.epoch, partial(judge_epoch, trust, entry))
    for holder in get_args(Holder):
        if (place := Place(site, holder)).folder.is_dir():
            yield from _look_at_holder(place, trust)


# --- A holder -------------------------------------------------------------------------------------


def judge_signer(trust: TrustDocument, holder: str, keyid: str) -> Finding:
    """Whether a holder's answers are believed."""
    subject = f"signing key of {holder}"
    try:
        trust.evaluation_key(keyid, holder)
    except SouthmedError as error:
        return refused(HOLDER, subject, error)
    return ok(HOLDER, subject, f"in trust document {trust.version}")


def judge_key(
    holder: str, epoch: str, key: LinkageKey | None, share: LinkageShare | None
) -> Finding:
    """Whether a holder has what the trust document names it for.

    Args:
        holder: Its principal.
        epoch: The year.
        key: What is here.
        share: What the document names.
    """
    subject = f"{holder} {epoch}"
    if share is None:
        return warn(
            HOLDER, subject, "held here, and the trust document does not name it", NOT_NAMED
        )
    if key is None:
        return refused(HOLDER, subject, LinkageKeyMissing(expected=f"the key of {epoch}"))
    if not announced(key, share):
        return refused(HOLDER, subject, KeyNotHeld(expected=f"the key of {epoch}", got="another"))
    part = f"share {share.index}" if share.index else "the whole key"
    return ok(HOLDER, subject, f"{part}, as the trust document names it")


def _look_at_holder(place: Place, trust: TrustDocument) -> Iterator[Finding]:
    holder = place.holder
    signer = f"signing key of {holder}"
    yield from attempt(HOLDER, signer, lambda: [judge_signer(trust, holder, place.signer().keyid)])
    named = {
        entry.epoch: share
        for entry in trust.linkage
        for share in entry.shares
        if share.holder == holder
    }
    for epoch in sorted({*named, *place.years()}):
        look = partial(_look_at_key, place, epoch, named.get(epoch))
        yield from attempt(HOLDER, f"{holder} {epoch}", look)
    for left in sorted(place.folder.glob("*.next")):
        what = "a key ceremony was cut short here"
        yield warn(HOLDER, str(left.relative_to(place.site.root)), what, CUT_SHORT)
    yield from attempt(HOLDER, f"settings of {holder}", partial(_look_at_settings, place))
    yield from attempt(HOLDER, f"book of {holder}", partial(_look_at_book, place))


def _look_at_key(place: Place, epoch: str, share: LinkageShare | None) -> Iterator[Finding]:
    key = place.key(epoch) if epoch in place.years() else None
    yield judge_key(place.holder, epoch, key, share)


def _look_at_settings(place: Place) -> Iterator[Finding]:
    grants = len(place.settings().grants)
    yield ok(HOLDER, f"settings of {place.holder}", f"{grants} grants beyond the quota")


def _look_at_book(place: Place) -> Iterator[Finding]:
    subject = f"book of {place.holder}"
    if not place.book.exists():
        yield skipped(HOLDER, subject, "nothing was answered here yet")
        return
    try:
        waiting = read_book(place.book, place.holder)
    except sqlite3.OperationalError:
        yield fail(HOLDER, subject, "cannot be opened", LOCKED)
    except sqlite3.DatabaseError:
        yield fail(HOLDER, subject, "the file is damaged", DAMAGED)
    else:
        yield ok(HOLDER, subject, f"{waiting} answers wait for Kafka")


def read_book(path: Path, holder: str) -> int:
    """Looks into a book without changing it.

    Args:
        path: The file.
        holder: Whose it should be.

    Returns:
        How many answers wait for Kafka.

    Raises:
        BookForeign: It is another holder's.
        sqlite3.Error: It cannot be read.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE)) as db:
        (owner,) = db.execute("SELECT name FROM holder").fetchone()
        if owner != holder:
            raise BookForeign(expected=f"the book of {holder}", got=f"that of {owner}")
        (waiting,) = db.execute("SELECT count(*) FROM waiting").fetchone()
        return int(waiting)
