"""Where keys, outboxes and ledgers lie on disk.

A **site** is one folder. Everyone has the trust document; each authority its own folder, and the
platform one::

    site/trust.json                     public: who may sign what
    site/authorities/tn.inltp/          national: signing.key, pseudonyms.key, outbox.sqlite, ...
    site/platform/                      opening.key, receipts.key, linkage.key,
                                        ledger/<worker>/
    site/trustees/trustee.linkage/      a holder's: evaluations.key, linkage_2026.key, book.sqlite
    site/pki/<principal>/               identity.pem, ca.pem: who one is to the broker
    site/pki/ca/                        ca.key, ca.pem: whoever issues identities

In production the folders are on machines of different owners; on one machine, as in the demo,
they lie side by side. Private files are readable by their owner only, and are refused otherwise.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from country_adapters.kit.pseudonyms import checked_secret, make_secret
from processors.intake.errors import OuterKeyMissing
from processors.intake.fold import Secrets
from processors.intake.outer import KEY_LENGTH, checked_key
from schemas.errors import KeyFileInvalid
from schemas.keys import OpenKey, SealingScheme, SigningKey, dump_private, load_private
from schemas.topics import PARTITIONS
from schemas.trust import PLATFORM, Anonymity, Authority, TrustDocument, TrustedKey

AGREED = Anonymity()
"""What an authority agrees to hold in every quarter when it is admitted."""


@dataclass(frozen=True)
class Site:
    """The folders of a site."""

    root: Path

    @property
    def trust_file(self) -> Path:
        return self.root / "trust.json"

    @property
    def platform(self) -> Path:
        return self.root / "platform"

    @property
    def ledgers(self) -> Path:
        return self.platform / "ledger"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    def authority(self, authority_id: str) -> Path:
        return self.root / "authorities" / authority_id

    def trustee(self, holder: str) -> Path:
        return self.root / "trustees" / holder

    def trust(self) -> TrustDocument:
        """Reads the trust document.

        Raises:
            KeyFileInvalid: It is not there or not valid.
        """
        return TrustDocument.parse(read_file(self.trust_file))

    def signing_key(self, authority_id: str) -> SigningKey:
        return _signing(self.authority(authority_id) / "signing.key")

    def pseudonym_key(self, authority_id: str) -> bytes:
        """The authority's secret behind event ids and references; it never leaves."""
        return checked_secret(read_private(self.authority(authority_id) / "pseudonyms.key"))

    def receipt_key(self) -> SigningKey:
        return _signing(self.platform / "receipts.key")

    @property
    def linkage_key_file(self) -> Path:
        return self.platform / "linkage.key"

    def linkage_key(self) -> bytes:
        """The platform's own key for linkage tokens.

        Raises:
            OuterKeyMissing: The site is of a version before tokens.
            KeyFileInvalid: Others may read it.
        """
        if not self.linkage_key_file.exists():
            raise OuterKeyMissing(expected=f"a key at {self.linkage_key_file}")
        return checked_key(read_private(self.linkage_key_file))

    def opening_keys(self) -> list[OpenKey]:
        key = load_private(read_private(self.platform / "opening.key"))
        if not isinstance(key, OpenKey):
            raise KeyFileInvalid(expected="an opening key", got="a signing key")
        return [key]


class LiveTrust:
    """The trust document, read again whenever its file changes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen = -1
        self._current: TrustDocument | None = None

    def __call__(self) -> TrustDocument:
        modified = self._site.trust_file.stat().st_mtime_ns
        if self._current is None or modified != self._seen:
            self._current, self._seen = self._site.trust(), modified
        return self._current


class LiveSecrets:
    """The platform's trust and keys, read again whenever the trust document's file changes.

    Every version that was ever in force here is kept under ``platform/trust``, because what it
    decided has to be told again in the same way when the log is folded again.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen = -1
        self._current: Secrets | None = None

    def __call__(self) -> Secrets:
        modified = self._site.trust_file.stat().st_mtime_ns
        if self._current is None or modified != self._seen:
            trust = self._site.trust()
            self._current = Secrets(trust, self._site.opening_keys(), self._site.linkage_key())
            self._seen = modified
            kept = self._kept(trust.version)
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(trust.dump())
        return self._current

    def at(self, version: int) -> Secrets:
        """The trust document of a version; today's, where that was never in force here."""
        kept = self._kept(version)
        current = self()
        if version == current.trust.version or not kept.exists():
            return current
        return Secrets(TrustDocument.parse(read_file(kept)), current.keys, current.linkage)

    def _kept(self, version: int) -> Path:
        return self._site.platform / "trust" / f"{version}.json"


def _signing(path: Path) -> SigningKey:
    key = load_private(read_private(path))
    if not isinstance(key, SigningKey):
        raise KeyFileInvalid(expected="a signing key", got="an opening key")
    return key


def read_file(path: Path) -> bytes:
    """Reads a file of keys or trust; raises KeyFileInvalid if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileInvalid(expected=f"a readable file {path}", got=type(error).__name__) from None


def read_private(path: Path) -> bytes:
    """Reads a private file.

    Raises:
        KeyFileInvalid: It is not there, or others than its owner may read it.
    """
    content = read_file(path)
    if path.stat().st_mode & 0o077:
        raise KeyFileInvalid(
            expected=f"{path} readable by its owner only", got="wider permissions (chmod 600)"
        )
    return content


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can ever read; refuses to replace one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileInvalid(expected="no key yet", got=f"{path}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def replace_private(path: Path, content: bytes) -> None:
    """Puts a private file in the place of another: who reads it sees the old or the new, whole.

    After a loss of power, too: the content is on disk before the name points to it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_linkage_key(site: Site) -> None:
    """Draws the platform's own key for linkage tokens; refuses to replace one."""
    write_private(site.linkage_key_file, secrets.token_bytes(KEY_LENGTH))


def announce_epoch(site: Site, authority_id: str) -> TrustDocument:
    """Writes the next trust document: a new epoch for every stream of an authority.

    In production the document is issued by those who hold the trust root; here it is one file.

    Raises:
        UnknownAuthority: The document does not list the authority.
    """
    trust = site.trust()
    old = trust.authority(authority_id)
    epochs = {stream: old.epoch_of(stream) + 1 for stream in range(PARTITIONS)}
    listed = [
        a.model_copy(update={"epochs": epochs}) if a.id == authority_id else a
        for a in trust.authorities
    ]
    newer = trust.following(authorities=listed)
    issue(site, newer)
    return newer


def admit(site: Site, authority: Authority, key: TrustedKey) -> TrustDocument:
    """Writes the next trust document: one authority more, with its first key.

    Whoever calls this has checked that the key is the authority's.

    Raises:
        KeyFileInvalid: The document lists the authority or the key already.
    """
    trust = site.trust()
    if authority.id in {listed.id for listed in trust.authorities}:
        raise KeyFileInvalid(expected="an authority that is not listed yet", got=authority.id)
    if key.keyid in {listed.keyid for listed in trust.keys}:
        raise KeyFileInvalid(expected="a key that is not listed yet", got=key.keyid)
    newer = trust.following(authorities=[*trust.authorities, authority], keys=[*trust.keys, key])
    issue(site, newer)
    return newer


def issue(site: Site, trust: TrustDocument) -> None:
    """Puts a trust document in the place of the one before; nobody ever reads half of it."""
    draft = site.trust_file.with_suffix(".new")
    draft.write_bytes(trust.dump())
    draft.replace(site.trust_file)


def make_keys(site: Site, authority_id: str) -> TrustedKey:
    """Makes an authority's signing key and the secret behind its pseudonyms.

    Returns:
        The public half, as a trust document lists it.

    Raises:
        KeyFileInvalid: It has keys already.
    """
    signing = SigningKey.generate("ed25519")
    folder = site.authority(authority_id)
    write_private(folder / "signing.key", dump_private(signing))
    make_secret(folder / "pseudonyms.key")
    return TrustedKey.of(signing.verify_key, owner=authority_id, purpose="batch")


def join_site(root: Path, authority_id: str, trust: bytes) -> tuple[Site, TrustedKey]:
    """Makes the site of one authority at home: its keys, and the trust document it was given.

    Args:
        root: Folder of the site.
        authority_id: Who it is; need not be listed yet.
        trust: The document, as the platform's operator sent it.

    Raises:
        KeyFileInvalid: The document is not valid, or the authority has keys there already.
    """
    TrustDocument.parse(trust)
    site = Site(root)
    key = make_keys(site, authority_id)
    site.trust_file.write_bytes(trust)
    return site, key


def init_site(
    root: Path,
    authorities: Mapping[str, str],
    *,
    scheme: SealingScheme = "mlkem768-x25519",
    anonymity: Anonymity | None = AGREED,
) -> Site:
    """Makes keys for everyone and a first trust document: for development and the demo.

    In production every party makes its own keys, and only public halves meet in the document.

    Args:
        root: Folder of the site; must not hold a trust document.
        authorities: Authority id to country (alpha-3).
        scheme: Key encapsulation of the platform's opening key.
        anonymity: What every authority has agreed to hold in each quarter, if anything.
    """
    site = Site(root)
    if site.trust_file.exists():
        raise KeyFileInvalid(expected="no trust document yet", got=str(site.trust_file))
    opening, receipts = OpenKey.generate(scheme), SigningKey.generate("ed25519")
    write_private(site.platform / "opening.key", dump_private(opening))
    write_private(site.platform / "receipts.key", dump_private(receipts))
    make_linkage_key(site)
    keys = [
        TrustedKey.of(opening.seal_key, owner=PLATFORM, purpose="open"),
        TrustedKey.of(receipts.verify_key, owner=PLATFORM, purpose="receipt"),
    ]
    keys += [make_keys(site, authority_id) for authority_id in authorities]
    listed = [
        Authority(id=id_, country=country, anonymity=anonymity)
        for id_, country in authorities.items()
    ]
    trust = TrustDocument(version=1, authorities=listed, keys=keys)
    site.trust_file.write_bytes(trust.dump())
    return site
