"""What a trustee's process tells of itself, and what it does where there is no broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from deploy.running import vitals
from deploy.running.guard import LoopGuard
from processors.linkage import service
from processors.linkage.book import Book
from processors.linkage.errors import LinkageTopicsUnreachable
from processors.linkage.judge import Office
from processors.linkage.metrics import TrusteeMeters
from processors.linkage.service import REQUESTS, Trustee
from schemas.kafka import Broker
from schemas.topics import COUNTRY_CODES
from tests.unit.trustees import NOON, OFFICE, OTHER, TRUSTEE, YEAR, a_question

NOWHERE = Broker("127.0.0.1:1")


@pytest.fixture
def trustee(tmp_path: Path) -> Iterator[Trustee]:
    book = Book(tmp_path / "book.sqlite", TRUSTEE)
    yield Trustee(book, lambda: OFFICE, NOWHERE, token_bytes, clock=lambda: NOON)
    book.close()


def sample(trustee: Trustee, name: str, **labels: str) -> float | None:
    return trustee.meters.registry.get_sample_value(f"southmed_linkage_{name}", labels)


def test_it_reads_the_requests_of_every_country() -> None:
    assert set(REQUESTS) == set(COUNTRY_CODES)
    assert len({partition.topic for partition in REQUESTS.values()}) == len(COUNTRY_CODES)


def test_it_counts_what_it_decides_once(trustee: Trustee) -> None:
    asked = a_question(3).message
    for offset, message in enumerate([asked, asked, b"nothing", a_question(epoch="2031").message]):
        trustee._decide("TUN", offset, message)
        trustee._decide("TUN", offset, message)
    states = {
        state: sample(trustee, "requests_total", country="TUN", state=state)
        for state in ("ACCEPTED", "DUPLICATE", "REFUSED")
    }
    assert states == {"ACCEPTED": 1, "DUPLICATE": 1, "REFUSED": 2}
    assert sample(trustee, "elements_total", country="TUN") == 3
    assert sample(trustee, "requests_refused_total", country="TUN", code="UNKNOWN_EPOCH") == 1
    assert sample(trustee, "last_request_timestamp_seconds") == NOON / 1000
    assert trustee.book.number_waiting() == 3


def test_where_there_is_no_broker_it_says_so_once_and_gives_up_only_if_it_was_to_end(
    trustee: Trustee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GIVE_UP_SECONDS", 0.0)
    monkeypatch.setattr(service, "RETRY_SECONDS", 0.01)
    with pytest.raises(LinkageTopicsUnreachable):
        asyncio.run(trustee.run(once=True))

    async def wait() -> None:
        async with asyncio.timeout(1.0):
            await trustee.run()

    with pytest.raises(TimeoutError):
        asyncio.run(wait())


@pytest.mark.parametrize(
    ("keys", "ready"), [({YEAR: OTHER}, False), ({}, False), (dict(OFFICE.keys), True)]
)
def test_it_is_ready_only_with_every_key_that_it_is_named_for(
    keys: dict[str, object], ready: bool
) -> None:
    office = Office(TRUSTEE, OFFICE.trust, keys, OFFICE.signer)  # type: ignore[arg-type]
    told = vitals.of_trustee(LoopGuard(), TrusteeMeters(), NOWHERE, None, lambda: office)
    assert told.look is not None
    assert told.ready()["keys"]["ok"] is False
    asyncio.run(told.look())  # type: ignore[arg-type]
    assert told.ready()["keys"] == {"ok": ready, "held": int(ready), "named": 1}
    assert told.ready()["broker"]["ok"] is False
    assert told.live()["loop"]["ok"] is True
