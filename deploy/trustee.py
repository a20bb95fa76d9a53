"""A holder's side of linkage: its folder, its keys, and the ceremonies in which keys change hands.

The private files of a holder, all in ``trustees/<principal>/``::

    evaluations.key            signs its answers; the public half stands in the trust document
    linkage_2026.key           the key of 2026, or this holder's share of it
    settings.yaml              what was granted beyond the quota
    book.sqlite                who asked for what (`processors.linkage.book`)

A ceremony changes several holders' keys and the trust document. It lays the new keys beside the
old ones, then issues the document, then puts the new in the place of the old. Cut short at any
point it is settled when the next one begins, by what the document names; so the key is never lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from deploy.home import Site, issue, read_file, read_private, replace_private, write_private
from processors.linkage.errors import LinkageKeyMade, LinkageKeyMissing, LinkageKeyNotWhole
from processors.linkage.judge import Office, announced
from processors.linkage.quota import Settings
from schemas.errors import KeyFileInvalid
from schemas.keys import SigningKey, dump_private, load_private
from schemas.linkage_keys import (
    WHOLE,
    LinkageKey,
    dump_linkage_key,
    load_linkage_key,
    refresh_shares,
)
from schemas.threshold import check
from schemas.trust import Holder, LinkageEpoch, LinkageShare, TrustedKey

_NO_GRANTS = b"""\
# What this holder grants beyond the quota. Each grant is used up once, and ends with its last day.
#
# grants:
#   - authority: tn.inltp
#     elements: 5000
#     until: 2026-12-31
#     reason: Six years of the register at joining; letter 14/2026.
grants: []
"""


@dataclass(frozen=True)
class Place:
    """Where a holder's files lie."""

    site: Site
    holder: Holder

    @property
    def folder(self) -> Path:
        return self.site.trustee(self.holder)

    @property
    def signing(self) -> Path:
        return self.folder / "evaluations.key"

    @property
    def settings_file(self) -> Path:
        return self.folder / "settings.yaml"

    @property
    def book(self) -> Path:
        return self.folder / "book.sqlite"

    def key_file(self, epoch: str) -> Path:
        return self.folder / f"linkage_{epoch}.key"

    def staged(self, epoch: str) -> Path:
        """Where a ceremony lays the key that comes."""
        return self.folder / f"linkage_{epoch}.next"

    def files(self) -> list[Path]:
        """All that decides on answers, as far as it is there."""
        found = [self.site.trust_file, self.settings_file, self.signing, *self._key_files()]
        return [path for path in found if path.exists()]

    def _key_files(self) -> list[Path]:
        return sorted(self.folder.glob("linkage_????.key"))

    def signer(self) -> SigningKey:
        """The holder's key for answers.

        Raises:
            LinkageKeyMissing: There is none.
        """
        key = load_private(_secret(self.signing))
        if not isinstance(key, SigningKey):
            raise KeyFileInvalid(expected="a signing key", got="an opening key")
        return key

    def key(self, epoch: str) -> LinkageKey:
        """The holder's key of a year, or its share.

        Raises:
            LinkageKeyMissing: There is none.
        """
        return load_linkage_key(_secret(self.key_file(epoch)))

    def keys(self) -> dict[str, LinkageKey]:
        """The holder's keys by year."""
        found = [load_linkage_key(read_private(path)) for path in self._key_files()]
        return {key.epoch: key for key in found}

    def settings(self) -> Settings:
        """What the holder has granted; nothing without a file."""
        if not self.settings_file.exists():
            return Settings()
        return Settings.parse(read_file(self.settings_file))

    def office(self) -> Office:
        """Who the holder is and what it has, as of now."""
        return Office(
            self.holder, self.site.trust(), self.keys(), self.signer(), self.settings().grants
        )


def _secret(path: Path) -> bytes:
    if not path.exists():
        raise LinkageKeyMissing(expected=str(path))
    return read_private(path)


class LiveOffice:
    """A holder's office, read again whenever one of its files has changed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._seen: list[tuple[Path, int]] = []
        self._current: Office | None = None

    def __call__(self) -> Office:
        stamps = [(path, path.stat().st_mtime_ns) for path in self._place.files()]
        if self._current is None or stamps != self._seen:
            self._current, self._seen = self._place.office(), stamps
        return self._current


# --- Ceremonies ----------------------------------------------------------------------------------


def enrol(place: Place) -> list[Path]:
    """Makes a holder's folder and signing key, and lists the key, as far as that is not done.

    Returns:
        The files written.
    """
    written = []
    if not place.signing.exists():
        write_private(place.signing, dump_private(SigningKey.generate("ed25519")))
        written.append(place.signing)
    if not place.settings_file.exists():
        write_private(place.settings_file, _NO_GRANTS)
        written.append(place.settings_file)
    trust, signer = place.site.trust(), place.signer()
    if signer.keyid not in {key.keyid for key in trust.keys}:
        entry = TrustedKey.of(signer.verify_key, owner=place.holder, purpose="evaluation")
        issue(place.site, trust.following(keys=[*trust.keys, entry]))
        written.append(place.site.trust_file)
    return written


def make_key(place: Place, epoch: str) -> LinkageKey:
    """Makes the key of a year, whole, and announces its public half.

    Raises:
        LinkageKeyMade: The year has a key.
    """
    trust = place.site.trust()
    if place.key_file(epoch).exists():
        key = place.key(epoch)
    else:
        key = LinkageKey.generate(epoch, secrets.token_bytes)
    if key.holder != WHOLE or epoch in {one.epoch for one in trust.linkage}:
        raise LinkageKeyMade(expected="a year without a key", got=epoch)
    if not place.key_file(epoch).exists():
        write_private(place.key_file(epoch), dump_linkage_key(key))
    public = key.public.public.hex()
    share = LinkageShare(holder=place.holder, index=WHOLE, public=public)
    entry = LinkageEpoch(epoch=epoch, public=public, shares=[share])
    years = sorted([*trust.linkage, entry], key=lambda one: one.epoch)
    issue(place.site, trust.following(linkage=years))
    return key


def split(site: Site, holder: Holder, epoch: str) -> list[Place]:
    """Splits a holder's whole key into shares for all three; its public half stays.

    The holder's own share takes the place of the whole key. Copies of that must be destroyed.

    Returns:
        The holders' places.

    Raises:
        LinkageKeyMissing: The holder does not have the key.
        LinkageKeyNotWhole: It is a share, or not the one that is announced.
    """
    places = _places(site)
    _settle(places, epoch)
    key, entry = Place(site, holder).key(epoch), site.trust().linkage_epoch(epoch)
    if key.holder != WHOLE or not announced(key, entry.shares[0]):
        raise LinkageKeyNotWhole(expected=f"the whole key of {epoch}")
    for place in places:
        enrol(place)
    _hand_over(site, places, epoch, key.split(secrets.token_bytes))
    return places


def refresh(site: Site, epoch: str) -> list[Place]:
    """Renews the shares of a year's key: same tokens, and old shares do not fit new ones.

    Raises:
        LinkageKeyMissing: A share is not here.
        LinkageKeyNotWhole: A key is no share, or not the one that is announced.
    """
    places = _places(site)
    _settle(places, epoch)
    entry = site.trust().linkage_epoch(epoch)
    old = [place.key(epoch) for place in places]
    if len(entry.shares) != len(old) or not all(map(announced, old, entry.shares)):
        raise LinkageKeyNotWhole(expected=f"the three announced shares of {epoch}")
    _hand_over(site, places, epoch, refresh_shares(old, secrets.token_bytes))
    return places


def _places(site: Site) -> list[Place]:
    return [Place(site, holder) for holder in get_args(Holder)]


def _hand_over(
    site: Site, places: Sequence[Place], epoch: str, shares: Sequence[LinkageKey]
) -> None:
    trust = site.trust()
    entry = trust.linkage_epoch(epoch)
    check({share.holder: share.public.public for share in shares}, bytes.fromhex(entry.public))
    for place, share in zip(places, shares, strict=True):
        replace_private(place.staged(epoch), dump_linkage_key(share))
    listed = [
        LinkageShare(holder=place.holder, index=share.holder, public=share.public.public.hex())
        for place, share in zip(places, shares, strict=True)
    ]
    newer = LinkageEpoch(epoch=epoch, public=entry.public, shares=listed)
    years = [newer if one.epoch == epoch else one for one in trust.linkage]
    issue(site, trust.following(linkage=years))
    _settle(places, epoch)


def _settle(places: Sequence[Place], epoch: str) -> None:
    """Ends a ceremony that was cut short: staged keys that are announced hold, others are gone."""
    for place, staged in _staged(places, epoch):
        office = Office(place.holder, place.site.trust(), {}, place.signer())
        share, key = office.share(epoch), load_linkage_key(read_private(staged))
        if share is not None and announced(key, share):
            staged.replace(place.key_file(epoch))
        else:
            staged.unlink()


def _staged(places: Sequence[Place], epoch: str) -> Iterator[tuple[Place, Path]]:
    for place in places:
        if place.staged(epoch).exists():
            yield place, place.staged(epoch)
