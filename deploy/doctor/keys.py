"""Private files, the trust document, and whether the keys that are here stand in it.

Whoever signs or opens with a key finds out too late that a newer trust document no longer lists
it: the platform refuses the batch, or nothing is sealed for us any more. Here it is asked before.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from deploy.doctor.findings import Finding, attempt, fail, ok, refused, skipped, warn
from deploy.home import Site
from deploy.release import KeyFiles
from producers.errors import OutboxMissing
from producers.standing import standing
from schemas.errors import KeyCompromised, SouthmedError, UnknownKey
from schemas.topics import PARTITIONS
from schemas.trust import PLATFORM, ByStream, Position, TrustDocument

FILES = "private files"
TRUST = "trust"
OUTER_KEY = "platform's key for tokens"
SECRETS = ("authorities/*/*.key", "platform/*.key", "pki/*/*.key", "pki/*/identity.pem")
GUARDED = (
    "authorities/*/outbox.sqlite*",
    "authorities/*/rejects.csv",
    "platform/ledger",
    "platform/releases",
)
IDENTITY_SECRETS = ("*.key", "identity.pem")

TRUST_ADVICE = "Get the newest trust document from the operator, by a way that you believe."


# --- Private files --------------------------------------------------------------------------------


def judge_file(path: str, mode: int, *, secret: bool) -> Finding | None:
    """Whether only its owner may use a file; None if so.

    Args:
        path: The file.
        mode: Its permissions.
        secret: A key, not only data that stays home.
    """
    if not mode & 0o077:
        return None
    said = f"others than its owner may use it (mode {stat.S_IMODE(mode):o})"
    if secret:
        advice = f"chmod 600 {path}; if others use this machine, replace the key too."
        return fail(FILES, path, said, advice)
    return warn(FILES, path, said, f"chmod go= {path}")


def look_at_files(site: Path | None, identity: Path | None) -> Iterator[Finding]:
    """Every private file of a site and of an identity."""
    asked = [(site, pattern, pattern in SECRETS) for pattern in (*SECRETS, *GUARDED) if site]
    asked += [(identity, pattern, True) for pattern in IDENTITY_SECRETS if identity]
    secret = {
        path.resolve(): is_secret
        for folder, pattern, is_secret in asked
        if folder is not None
        for path in sorted(folder.glob(pattern))
    }
    found = [
        finding
        for path, is_secret in secret.items()
        if (finding := judge_file(str(path), path.stat().st_mode, secret=is_secret))
    ]
    yield from found
    if not found:
        yield ok(FILES, str(site or identity), f"{len(secret)}, each for its owner only")


# --- The trust document ---------------------------------------------------------------------------


def judge_signing_key(
    trust: TrustDocument, authority: str, keyid: str, positions: Mapping[int, Position]
) -> Finding:
    """Whether an authority's key may sign what it will sign next, in each of its streams."""
    try:
        for stream, position in positions.items():
            trust.batch_key(keyid, authority, stream=stream, position=position)
    except SouthmedError as error:
        return refused(TRUST, f"signing key of {authority}", error)
    what = f"in trust document {trust.version}, valid where each stream stands"
    return ok(TRUST, f"signing key of {authority}", what)


def judge_sealing(trust: TrustDocument) -> Finding | None:
    """Whether an authority finds someone to seal for; None if so."""
    if trust.recipients():
        return None
    what = "no opening key of the platform is in force: nothing can be sealed"
    return fail(TRUST, "trust.json", what, TRUST_ADVICE)


def judge_receipt_key(trust: TrustDocument, keyid: str) -> Finding:
    """Whether the platform's receipts will be believed."""
    subject = "receipt key"
    try:
        trust.receipt_key(keyid)
        listed = next(key for key in trust.keys if key.keyid == keyid)
        if listed.compromised_from != ByStream():
            raise KeyCompromised(expected="a receipt key that is not compromised")
    except SouthmedError as error:
        return refused(TRUST, subject, error)
    return ok(TRUST, subject, f"in trust document {trust.version}")


def judge_release_key(trust: TrustDocument, keyid: str) -> Finding:
    """Whether the platform's releases will be believed."""
    subject = "release key"
    try:
        trust.release_key(keyid)
    except SouthmedError as error:
        return refused(TRUST, subject, error)
    return ok(TRUST, subject, f"in trust document {trust.version}")


def judge_opening_keys(trust: TrustDocument, keyids: Iterable[str]) -> Finding:
    """Whether what is sealed from now on can be opened here."""
    subject, held = "opening key", set(keyids)
    listed = {key.keyid for key in trust.keys if (key.owner, key.purpose) == (PLATFORM, "open")}
    if not held & listed:
        error = UnknownKey(expected=f"an opening key of trust document {trust.version}")
        return refused(TRUST, subject, error)
    if not held & {key.keyid for key in trust.recipients()}:
        what = f"retired or compromised in trust document {trust.version}"
        return fail(TRUST, subject, what, "Put the key that replaced it in place; keep this one.")
    return ok(TRUST, subject, f"in trust document {trust.version}")


def look_at_trust(site: Site) -> Iterator[Finding]:
    """The trust document, and every key of a site against it.

    Raises:
        KeyFileInvalid: The document is not there, or not valid.
    """
    trust = site.trust()
    listed = f"{len(trust.authorities)} authorities, {len(trust.keys)} keys"
    yield ok(TRUST, "trust.json", f"version {trust.version}, {listed}")
    authorities = [path.parent for path in site.root.glob("authorities/*/signing.key")]
    if authorities and (finding := judge_sealing(trust)):
        yield finding
    for name in sorted(folder.name for folder in authorities):
        yield from attempt(TRUST, name, partial(look_at_signing_key, site, trust, name))
    if not site.platform.is_dir():
        yield skipped(TRUST, "platform", "the platform's keys are elsewhere")
        return
    yield from attempt(
        TRUST, "receipt key", lambda: [judge_receipt_key(trust, site.receipt_key().keyid)]
    )
    if (releases := KeyFiles(site)).signing.exists():
        yield from attempt(
            TRUST,
            "release key",
            lambda: [judge_release_key(trust, releases.signer().keyid)],
        )
    yield from attempt(
        TRUST,
        "opening key",
        lambda: [judge_opening_keys(trust, [key.keyid for key in site.opening_keys()])],
    )
    yield from attempt(TRUST, OUTER_KEY, lambda: [look_at_outer_key(site)])


def look_at_outer_key(site: Site) -> Finding:
    """Whether the platform has its own key for linkage tokens.

    Raises:
        OuterKeyMissing: It has none.
        KeyFileInvalid: Others may read it.
    """
    site.linkage_key()
    return ok(TRUST, OUTER_KEY, "there; it must be the same on every machine that folds")


def look_at_signing_key(site: Site, trust: TrustDocument, name: str) -> Iterator[Finding]:
    """An authority's signing key, against the trust document."""
    keyid, folder = site.signing_key(name).keyid, site.authority(name)
    positions: Mapping[int, Position]
    try:
        positions = standing(folder / "outbox.sqlite").next_positions
    except OutboxMissing:
        announced = trust.authority(name)
        positions = {stream: (announced.epoch_of(stream), 1) for stream in range(PARTITIONS)}
    yield judge_signing_key(trust, name, keyid, positions)
