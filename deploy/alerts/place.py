"""A site's side of alerts: its keys, its notes, and the board it publishes on.

The private files of alerts, all under ``platform/``::

    alerts.key                 signs alerts; its public half stands in the trust document
    alert-ids.key              behind the ids of alerts, and what they carry of their evidence
    stop-list.csv              identifiers that are no facilitator's, if there is such a list
    alerts/                    the round that is under way
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from deploy.home import Site, issue
from processors.alerts.basis import Secrets
from processors.alerts.errors import AlertKeysMissing
from processors.alerts.hubs import NO_STOPS, Stops, read_stops
from processors.alerts.log import AlertLog
from processors.alerts.publish import Board, Notes
from schemas.errors import KeyFileInvalid
from schemas.keys import SigningKey, dump_private, load_private
from schemas.private_files import read_file, read_private, replace_private, write_private
from schemas.trust import PLATFORM, TrustedKey

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Place:
    """Where a site's files of alerts lie."""

    site: Site

    @property
    def signing(self) -> Path:
        return self.site.platform / "alerts.key"

    @property
    def ids(self) -> Path:
        return self.site.platform / "alert-ids.key"

    @property
    def stop_list(self) -> Path:
        return self.site.platform / "stop-list.csv"

    def signer(self) -> SigningKey:
        """The platform's key for alerts.

        Raises:
            AlertKeysMissing: There is none.
        """
        key = load_private(_secret(self.signing))
        if not isinstance(key, SigningKey):
            raise KeyFileInvalid(expected="a signing key", got="an opening key")
        return key

    def secrets(self) -> Secrets:
        """The secret behind ids; raises AlertKeysMissing."""
        content = _secret(self.ids)
        if len(content) != _SECRET_BYTES:
            raise KeyFileInvalid(expected=f"{_SECRET_BYTES} bytes in {self.ids}")
        return Secrets(content)

    def stops(self) -> Stops:
        """The stop list; raises StopListInvalid."""
        if not self.stop_list.exists():
            return NO_STOPS
        return read_stops(read_file(self.stop_list).decode(errors="replace").splitlines())

    def board(self, log: AlertLog) -> Board:
        """Where this site publishes."""
        notes = Notes(self.site.platform / "alerts", replace_private)
        return Board(notes, log, self.site.trust(), self.signer())


def _secret(path: Path) -> bytes:
    if not path.exists():
        raise AlertKeysMissing(expected=str(path))
    return read_private(path)


def init_keys(site: Site) -> list[Path]:
    """Makes the keys that are not there yet, and lists the signing key in the trust document.

    In production the document is issued by those who hold the trust root; here it is one file.

    Returns:
        The files written.
    """
    place, written = Place(site), []
    if not place.signing.exists():
        write_private(place.signing, dump_private(SigningKey.generate("ed25519")))
        written.append(place.signing)
    if not place.ids.exists():
        write_private(place.ids, secrets.token_bytes(_SECRET_BYTES))
        written.append(place.ids)
    trust, signer = site.trust(), place.signer()
    if all(key.keyid != signer.keyid for key in trust.keys):
        entry = TrustedKey.of(signer.verify_key, owner=PLATFORM, purpose="alert")
        issue(site, trust.following(keys=[*trust.keys, entry]))
        written.append(site.trust_file)
    return written
