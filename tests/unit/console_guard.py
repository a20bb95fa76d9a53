"""A guarded console for tests: a folder, a provider, people, and alerts of an invented region."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from fastapi import FastAPI, Request

from deploy.alerts.reader import Told
from deploy.console.alerts.boards import NAME_OF, Access, Boards
from deploy.console.app import Console, create_app
from deploy.console.follow import Live, Standing
from deploy.console.security import Doorkeeper, Reader
from deploy.console.security.audit import Audit
from deploy.console.security.desk import guarding
from deploy.console.security.rates import Rates
from deploy.console.security.settings import read_settings
from processors.alerts.surging import Rise
from schemas.alerts import CHANNELS, CONTACTS, Alert, Assessment, Channel
from schemas.private_files import write_private
from tests.console.world import TODAY, snapshot
from tests.openid import CLIENT, ROLES, SECRET, Provider
from tests.published import trusting
from tests.unit.alerting import Platform
from tests.unit.detection import sight

ADDRESS = "https://console.test"
SEEN = [
    *(sight(case, "phone") for case in ("TUN/1", "TUN/2", "LBN/1")),
    *(sight(case, "plate", kind="PLATE") for case in ("MAR/1", "JOR/1")),
]
RISE = Rise("D3", "P1", (("REF_AREA", "TUN"), ("SEX", "F")), "2026-Q1", "2026-Q2", 4.5, 3.25)


def a_platform() -> Platform:
    """One that has told of a network of three, a network of two, and a surge."""
    platform = Platform()
    platform.tell(SEEN, rises=[RISE])
    return platform


@cache
def told() -> dict[str, list[Alert]]:
    """What stands on each board, by its name in addresses."""
    out = a_platform().out
    return {NAME_OF[channel]: list(out[channel].values()) for channel in CHANNELS}


def only(board: str) -> Alert:
    """The one alert of a board that is about the same identifier."""
    (alert,) = [a for a in told()[board] if getattr(a.evidence, "detector", "") in ("D1", "D3")]
    return alert


def boards() -> Boards:
    """What a console knows that has read them all."""
    made = Boards()
    for channel in CHANNELS:
        for alert in told()[NAME_OF[channel]]:
            made.put(channel, Told(alert, TODAY))
        made.stand(channel, Access.LIVE)
    return made


@dataclass
class Post:
    """Takes answers, as a broker would."""

    sent: list[tuple[Channel, Assessment]] = field(default_factory=list)
    error: Exception | None = None

    async def __call__(self, channel: Channel, answer: Assessment) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append((channel, answer))


def being(reader: Reader | None) -> Doorkeeper:
    """The doorkeeper for whom everybody is one reader."""

    async def keeper(_request: Request) -> Reader | None:
        return reader

    return keeper


def a_console(reader: Reader | None, post: Post | None = None, **more: Any) -> Console:
    """A console that takes everybody for one reader."""
    live = Live(snapshot(), Standing.LIVE)
    return Console(
        live,
        trusting,
        being(reader),
        today=lambda: TODAY,
        boards=boards(),
        send=post or Post(),
        hosts=("console.test",),
        **more,
    )


def browser(app: FastAPI, **more: Any) -> httpx.AsyncClient:
    """Somebody's browser, at the console's address."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, **more), base_url=ADDRESS)


def write_settings(folder: Path, provider: Provider | None, address: str = ADDRESS) -> Path:
    """The file ``console.yaml`` of a folder, and the secret beside it."""
    told: dict[str, Any] = {"address": address, "state": "state"}
    if provider is not None:
        provider.redirects |= {f"{address}/signed-in", f"{address}/signed-out"}
        write_private(folder / "client.secret", SECRET.encode())
        told["openid"] = {
            "issuer": provider.issuer,
            "client_id": CLIENT,
            "client_secret_file": "client.secret",
            "roles": ROLES,
        }
    path = folder / "console.yaml"
    path.write_text(yaml.safe_dump(told))
    return path


@dataclass(frozen=True)
class House:
    """A console behind a provider."""

    app: FastAPI
    console: Console
    post: Post
    audit: Audit

    def browser(self) -> httpx.AsyncClient:
        return browser(self.app)


def a_house(folder: Path, provider: Provider, rates: Rates | None = None) -> House:
    """A console that people sign in to."""
    path = folder / "console.yaml"
    settings = read_settings(path if path.exists() else write_settings(folder, provider))
    guard, post = guarding(settings), Post()
    console = Console(
        Live(snapshot(), Standing.LIVE),
        trusting,
        guard.desk,
        today=lambda: TODAY,
        boards=boards(),
        send=post,
        hosts=(settings.host,),
        desk=guard.desk,
        audit=guard.audit,
        tokens=guard.tokens,
        rates=rates or Rates(),
    )
    return House(create_app(console), console, post, guard.audit)


async def at_the_provider(client: httpx.AsyncClient, who: str, back: str = "/en/alerts") -> str:
    """Begins to sign in and says who one is; gives the address to come back to."""
    begun = await client.get("/sign-in", params={"back": back})
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient() as outside:
        answer = await outside.get(f"{begun.headers['location']}&who={who}")
    return str(answer.headers["location"])


async def sign_in(client: httpx.AsyncClient, who: str, back: str = "/en/alerts") -> httpx.Response:
    """Signs in; gives what the console says when the browser is back."""
    return await client.get(await at_the_provider(client, who, back))


def token_in(text: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', text)
    assert found is not None, text
    return found[1]


Spoil = Callable[[dict[str, Any]], None]
TUN = CONTACTS["TUN"]
