"""The linker without holders or broker: it ends when it should, and sends again after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from producers.asking import Asking, Means
from producers.linker import Linker, Patience
from schemas.errors import KeyFileInvalid
from schemas.kafka import Broker
from schemas.trust import TrustDocument
from tests.tokens import MAY, PHONES, Desk, identifier, naming

NOWHERE = Broker("127.0.0.1:1")
SOON = Patience(resend_after=1.0, give_up_after=0.2)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "outbox.sqlite")
    yield made
    made.close()


async def run(desk: Desk, asking: Asking | None = None) -> None:
    linker = Linker(asking or desk.asking, "TUN", NOWHERE, SOON)
    await asyncio.wait_for(linker.run(lambda: True), timeout=20)


async def test_whoever_has_nothing_to_ask_needs_no_broker(desk: Desk) -> None:
    await run(desk)


async def test_without_a_broker_one_run_ends_and_the_request_waits(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.state(naming("1", identifier("1", PHONES[0])))
    await run(desk)
    assert len(desk.outbox.requests()) == 1
    assert [r.getMessage() for r in caplog.records].count("holders_away") == 1


async def test_what_goes_wrong_at_home_is_told_and_ends_no_publisher(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable() -> TrustDocument:
        raise KeyFileInvalid(expected="a trust document")

    means = Means(desk.world.tunisia, unreadable, lambda: MAY, token_bytes)
    await run(desk, Asking(desk.outbox, means))
    assert [r.getMessage() for r in caplog.records].count("linking_failed") == 1


def test_a_request_is_sent_again_after_silences_that_double(desk: Desk) -> None:
    linker = Linker(desk.asking, "TUN", NOWHERE, SOON)
    sent = [second for second in range(20) if linker._is_silent(b"request", float(second))]
    assert sent == [0, 1, 3, 7, 15]
