"""A site whose ledgers hold victims of invented events, for the tests of ``southmed release``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.home import Site, init_site, issue
from deploy.release import KeyFiles, init_keys
from processors.intake.ledger import Ledger
from processors.intake.records import (
    STATE,
    FoldState,
    head_key,
    pack_head,
    pack_subject,
    subject_key,
)
from schemas.chain import Head
from schemas.topics import COUNTRY_CODES, PARTITIONS
from schemas.trust import ByStream
from tests.releases import in_ledger
from tests.samples import MOROCCO, TUNISIA, an_event, ref

Fields = dict[str, Any]


def victims(size: int, first: int = 0, offset: int = 0, **changes: Any) -> list[list[Fields]]:
    """Subjects with one identification each."""
    return [
        [
            in_ledger(
                an_event(
                    "victim.identified",
                    victim_ref=ref(f"victim {number}"),
                    fact_ref=ref(f"fact {number}"),
                    sex="FM"[number % 2],
                    **{"period": f"2023-{number % 12 + 1:02}", **changes},
                ),
                offset,
            )
        ]
        for number in range(first, first + size)
    ]


def a_site(root: Path, subjects: Sequence[list[Fields]] = ()) -> Site:
    """A site with keys of releases for 2019 to 2024 and a ledger for every partition."""
    site = init_site(root, {TUNISIA: "TUN", MOROCCO: "MAR"}, scheme="x25519")
    init_keys(site, range(2019, 2025))
    for country in COUNTRY_CODES:
        for partition in range(PARTITIONS):
            Ledger(site.ledgers / "worker-1" / f"{country}-{partition}").close()
    put(site, subjects)
    return site


def put(site: Site, subjects: Sequence[list[Fields]], sequence: int = 7) -> None:
    """Has the first Tunisian stream hold subjects, as after so many batches."""
    ledger = Ledger(site.ledgers / "worker-1" / "TUN-0")
    ledger.commit({head_key(TUNISIA): pack_head(Head(1, sequence, b"h" * 32, False))})
    ledger.commit({subject_key(events[0]): pack_subject(events) for events in subjects})
    read = max((event["first_offset"] for events in subjects for event in events), default=0) + 1
    ledger.commit({STATE: FoldState(next_offset=read).pack()})
    ledger.close()


def lose_key(site: Site) -> None:
    """The operator's part: a new key, listed; the old one declared compromised."""
    files = KeyFiles(site)
    lost = files.signer().keyid
    files.signing.rename(files.signing.with_suffix(".lost"))
    init_keys(site, [])
    trust = site.trust()
    from_the_start = ByStream(default=(1, 1))
    keys = [
        key.model_copy(update={"compromised_from": from_the_start}) if key.keyid == lost else key
        for key in trust.keys
    ]
    issue(site, trust.following(keys=keys))
