"""Signing out ends the session here, and then at the provider, if that can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.openid import Provider, providing
from tests.unit.console_guard import a_house, sign_in, token_in


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


async def sign_out(client: httpx.AsyncClient) -> httpx.Response:
    await sign_in(client, "nour")
    page = await client.get("/en/region")
    return await client.post("/sign-out", data={"token": token_in(page.text)})


async def lead(answer: httpx.Response) -> httpx.Response:
    """What the provider says to the browser that is led there."""
    async with httpx.AsyncClient() as outside:
        return await outside.get(answer.headers["refresh"].removeprefix("0; url="))


async def test_the_provider_ends_its_session_and_leads_back(
    tmp_path: Path, provider: Provider
) -> None:
    house = a_house(tmp_path, provider)
    async with house.browser() as client:
        answer = await sign_out(client)
        assert "You are signed out here" in answer.text
        assert (await client.get("/en/region")).status_code == 401
        assert provider.ended == []
        back = await lead(answer)
        assert provider.ended == ["nour"]
        landed = await client.get(back.headers["location"])
        assert (landed.status_code, landed.headers["location"]) == (303, "/")
        # Once.
        assert (await client.get(back.headers["location"])).status_code == 404


async def test_who_did_not_begin_is_not_led_on(tmp_path: Path, provider: Provider) -> None:
    house = a_house(tmp_path, provider)
    async with house.browser() as client, house.browser() as other:
        back = (await lead(await sign_out(client))).headers["location"]
        assert (await other.get(back)).status_code == 404
        assert (await client.get(f"{back}x")).status_code == 404


@pytest.mark.parametrize("why", ["no place for it", "it does not answer", "an unsafe place"])
async def test_without_the_provider_the_session_ends_here(
    tmp_path: Path, provider: Provider, why: str
) -> None:
    provider.ends = why != "no place for it"
    house = a_house(tmp_path, provider)
    async with house.browser() as client:
        await sign_in(client, "nour")
        page = await client.get("/en/region")
        assert house.console.desk is not None
        assert house.console.desk.provider is not None
        known = house.console.desk.provider
        if why == "it does not answer":
            known._about = None
            known.settings = known.settings.model_copy(update={"issuer": "http://127.0.0.1:9"})
        if why == "an unsafe place":
            assert known._about is not None
            known._about = {**known._about, "end_session_endpoint": "http://elsewhere.example/"}
        answer = await client.post("/sign-out", data={"token": token_in(page.text)})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await client.get("/en/region")).status_code == 401
    assert house.audit.read()[0].action == "signed out"


async def test_the_token_is_kept_only_where_it_is_of_use(
    tmp_path: Path, provider: Provider
) -> None:
    provider.ends = False
    async with a_house(tmp_path, provider).browser() as client:
        await sign_in(client, "nour")
    kept = (tmp_path / "state" / "sessions.sqlite").read_bytes()
    assert b"nour" in kept
    assert b"eyJ" not in kept


async def test_what_leads_to_the_provider_names_the_session_and_the_way_back(
    tmp_path: Path, provider: Provider
) -> None:
    house = a_house(tmp_path, provider)
    async with house.browser() as client:
        answer = await sign_out(client)
    parts = urlsplit(answer.headers["refresh"].removeprefix("0; url="))
    asked = parse_qs(parts.query)
    assert set(asked) == {"id_token_hint", "client_id", "post_logout_redirect_uri", "state"}
    assert asked["post_logout_redirect_uri"] == ["https://console.test/signed-out"]


async def test_browsers_are_held_to_tls_where_they_came_by_it(
    tmp_path: Path, provider: Provider
) -> None:
    app = a_house(tmp_path, provider).app
    told = []
    for scheme in ("https", "http"):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"{scheme}://console.test"
        ) as client:
            told.append((await client.get("/readyz")).headers.get("strict-transport-security"))
    assert told == ["max-age=31536000", None]
