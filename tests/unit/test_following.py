"""A register on a server, followed: its bad minutes pass, and it is not asked too often."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import deploy.adapter
from country_adapters.kit.errors import SourceRefused
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import RunReport
from deploy.adapter import Adapter
from deploy.home import init_site
from producers.publisher import Pace
from schemas.kafka import Broker
from schemas.log_lines import told_in
from tests.unit.register_servers import Asked, Told, served, write_access
from tests.unit.small_register import declare
from tests.unit.test_server_registers import COUNT, EXAMPLES, Authority

NO_BROKER = Broker("127.0.0.1:1")


@pytest.fixture(autouse=True)
def rounds_follow_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as the register's own declaration allows it."""
    monkeypatch.setattr(deploy.adapter, "POLL_SECONDS", 0.01)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    write_access(tmp_path)
    authority = Authority(EXAMPLES["kobo_api"], tmp_path)
    with served(authority.server):
        yield authority


def adapter_of(authority: Authority, *, every: int = 1) -> Adapter:
    text = authority.declared().replace("page_size", f"look_every_seconds: {every}, page_size")
    register = load_register(declare(authority.folder, text), authority.folder)
    return Adapter(
        init_site(authority.folder / "site", {"tn.test": "TUN"}), register, NO_BROKER, Pace()
    )


def followed(adapter: Adapter) -> tuple[asyncio.Task[None], asyncio.Queue[RunReport]]:
    """Follows the register; the reports of its rounds come in a queue."""
    rounds: asyncio.Queue[RunReport] = asyncio.Queue()
    return asyncio.create_task(adapter.follow(rounds.put_nowait)), rounds


async def stopped(following: asyncio.Task[None]) -> None:
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize("trouble", ["SOURCE_UNREACHABLE", "SOURCE_INCOMPLETE"])
async def test_a_server_that_fails_in_one_round_is_read_in_the_next(
    authority: Authority, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    page, server = authority.server.page, authority.server

    def miscounted_once(asked: Asked) -> Told:
        server.page = page  # type: ignore[method-assign]
        told = page(asked)
        return told._replace(data={**told.data, "count": 1})

    if trouble == "SOURCE_UNREACHABLE":
        server.failures = [302]
    else:
        server.page = miscounted_once  # type: ignore[method-assign]
    following, rounds = followed(adapter_of(authority))
    report = await asyncio.wait_for(rounds.get(), 20)
    await stopped(following)
    assert (report.rows, report.mapped) == (COUNT, COUNT)
    assert _awaited(caplog) == [trouble]


async def test_a_refusal_ends_the_following_because_it_does_not_pass(authority: Authority) -> None:
    (authority.folder / "token").write_text("AnotherToken")
    with pytest.raises(SourceRefused):
        await asyncio.wait_for(adapter_of(authority).follow(), 20)


async def test_a_server_is_looked_at_no_more_often_than_declared(
    authority: Authority,
) -> None:
    following, rounds = followed(adapter_of(authority, every=3600))
    await asyncio.wait_for(rounds.get(), 20)
    await asyncio.sleep(0.3)
    await stopped(following)
    assert rounds.empty()


def _awaited(caplog: pytest.LogCaptureFixture) -> list[object]:
    """The codes with which the register was awaited."""
    lines = [told for record in caplog.records if (told := told_in(record))]
    return [told.values["code"] for told in lines if told.line.event == "register_awaited"]
