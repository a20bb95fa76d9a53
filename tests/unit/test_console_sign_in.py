"""Signing in at a real provider, and everything that is no sign-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from deploy.console.pages.signing import here
from deploy.console.security.rates import Rate, Rates
from tests.openid import (
    Provider,
    forged_with_another_key,
    forged_with_the_client_secret,
    providing,
    unsigned,
)
from tests.unit.console_guard import House, a_house, at_the_provider, sign_in, token_in

SESSION = "__Host-southmed"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Iterator[Provider]:
    yield running
    running.spoil, running.rejoin = (lambda _claims: None), (lambda _answer: None)
    running.forge = None


@pytest.fixture
def house(tmp_path: Path, provider: Provider) -> House:
    return a_house(tmp_path, provider)


async def test_who_signs_in_sees_the_page_that_they_wanted(house: House) -> None:
    async with house.browser() as client:
        refused = await client.get("/fr/alerts?state=NEW")
        assert refused.status_code == 401
        (link,) = re.findall(r'id="sign-in" href="([^"]+)"', refused.text)
        assert link == "/sign-in?back=/fr/alerts%3Fstate%3DNEW"
        back = parse_qs(urlsplit(link).query)["back"][0]
        answer = await sign_in(client, "nour", back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/fr/alerts?state=NEW")
        page = await client.get(answer.headers["location"])
        assert page.status_code == 200
        assert "nour" in page.text
    assert [(e.who, e.action, e.what) for e in house.audit.read()] == [
        ("nour", "signed in", "contact, viewer")
    ]


async def test_cookies_are_for_this_host_over_tls_and_not_for_scripts(house: House) -> None:
    async with house.browser() as client:
        begun = await client.get("/sign-in")
        answer = await sign_in(client, "vera")
    for cookie in (*begun.headers.get_list("set-cookie"), answer.headers.get_list("set-cookie")[0]):
        assert cookie.startswith("__Host-")
        for told in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert told in cookie
        assert "Domain" not in cookie


async def test_what_is_asked_of_the_provider_is_the_code_flow_with_pkce(house: House) -> None:
    async with house.browser() as client:
        asked = parse_qs(urlsplit((await client.get("/sign-in")).headers["location"]).query)
        again = parse_qs(urlsplit((await client.get("/sign-in")).headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


# --- What is no sign-in ---------------------------------------------------------------------------

SPOILT: dict[str, Callable[[dict[str, Any]], None]] = {
    "for another console": lambda claims: claims.update(aud="another"),
    "for several, and it is not said which": lambda c: c.update(aud=["southmed-console", "x"]),
    "for several, and another one": lambda c: c.update(aud=["southmed-console", "x"], azp="x"),
    "of another issuer": lambda claims: claims.update(iss="https://other.example"),
    "of another sign-in": lambda claims: claims.update(nonce="another"),
    "without a nonce": lambda claims: claims.pop("nonce"),
    "out of date": lambda claims: claims.update(exp=claims["iat"] - 3600, iat=claims["iat"] - 7200),
    "without an end": lambda claims: claims.pop("exp"),
    "of nobody": lambda claims: claims.pop("sub"),
    "of the future": lambda claims: claims.update(iat=claims["iat"] + 3600),
}


@pytest.mark.parametrize("why", SPOILT)
async def test_a_token_that_is_wrong_signs_nobody_in(
    house: House, provider: Provider, why: str
) -> None:
    provider.spoil = SPOILT[why]
    async with house.browser() as client:
        answer = await sign_in(client, "nour")
        assert answer.status_code == 400
        assert (await client.get("/en/alerts")).status_code == 401
    assert house.audit.read() == []


@pytest.mark.parametrize(
    "forge", [forged_with_the_client_secret, forged_with_another_key, unsigned]
)
async def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    house: House, provider: Provider, forge: Callable[[dict[str, Any]], str]
) -> None:
    provider.forge = forge
    async with house.browser() as client:
        assert (await sign_in(client, "nour")).status_code == 400


ANSWERS: dict[str, Callable[[dict[str, str]], Any]] = {
    "another state": lambda answer: answer.update(state="another"),
    "no state": lambda answer: answer.pop("state"),
    "another code": lambda answer: answer.update(code="another"),
    "a refusal": lambda answer: (answer.pop("code"), answer.update(error="access_denied")),
    "another issuer": lambda answer: answer.update(iss="https://other.example"),
}


@pytest.mark.parametrize("why", ANSWERS)
async def test_an_answer_that_is_wrong_signs_nobody_in(
    house: House, provider: Provider, why: str
) -> None:
    provider.rejoin = ANSWERS[why]
    async with house.browser() as client:
        assert (await sign_in(client, "nour")).status_code == 400
        assert (await client.get("/en/alerts")).status_code == 401


async def test_an_answer_holds_for_the_browser_that_began_and_once(house: House) -> None:
    async with house.browser() as client, house.browser() as other:
        address = await at_the_provider(client, "nour")
        # The other one is lured to an address that would sign it in as somebody else.
        assert (await other.get(address)).status_code == 400
        assert (await client.get(address)).status_code == 303
        assert (await client.get(address)).status_code == 400


async def test_a_provider_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with providing() as short:
        house = a_house(tmp_path, short)
    async with house.browser() as client:
        answer = await client.get("/sign-in")
    assert answer.status_code == 503
    assert "The place where you sign in does not answer" in answer.text


async def test_keys_that_the_provider_changes_are_asked_for_again(
    house: House, provider: Provider
) -> None:
    async with house.browser() as client:
        assert (await sign_in(client, "nour")).status_code == 303
        provider.change_key()
        assert (await sign_in(client, "nour")).status_code == 303


@pytest.mark.parametrize("who", ["eve", "both"])
async def test_who_has_no_role_or_two_countries_is_not_let_in_and_noted(
    house: House, who: str
) -> None:
    async with house.browser() as client:
        answer = await sign_in(client, who)
        assert answer.status_code == 403
        assert (await client.get("/en/region")).status_code == 401
    assert [(e.who, e.action, e.what) for e in house.audit.read()] == [
        (who, "refused", "CONSOLE_CLAIMS_UNCLEAR")
    ]


@pytest.mark.parametrize(
    "back",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/\t/elsewhere.example",
        "javascript:alert(1)",
        "region",
        "/" + "a" * 600,
        "",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(back: str) -> None:
    assert here(back) == "/"


# --- Sessions -------------------------------------------------------------------------------------


def session_of(client: httpx.AsyncClient) -> str:
    return client.cookies[SESSION]


async def test_signing_in_again_begins_a_new_session_and_ends_the_old(house: House) -> None:
    async with house.browser() as client, house.browser() as thief:
        await sign_in(client, "nour")
        old = session_of(client)
        thief.cookies.set(SESSION, old, domain="console.test")
        assert (await thief.get("/en/region")).status_code == 200
        await sign_in(client, "nour")
        assert session_of(client) != old
        assert (await thief.get("/en/region")).status_code == 401


async def test_a_session_that_is_made_up_is_none(house: House) -> None:
    async with house.browser() as client:
        await sign_in(client, "nour")
        good = session_of(client)
        for bad in ("", "x", good[:-1], good.partition(".")[0], f"a{good}", "é"):
            client.cookies.clear()
            headers = {"cookie": f"{SESSION}={bad}".encode()}
            assert (await client.get("/en/region", headers=headers)).status_code == 401


async def test_signing_out_ends_the_session_for_whoever_has_its_cookie(house: House) -> None:
    async with house.browser() as client:
        await sign_in(client, "nour")
        old, page = session_of(client), await client.get("/en/region")
        answer = await client.post("/sign-out", data={"token": token_in(page.text)})
        assert answer.status_code == 200
        assert SESSION not in client.cookies
        headers = {"cookie": f"{SESSION}={old}"}
        assert (await client.get("/en/region", headers=headers)).status_code == 401
    assert house.audit.read()[0].action == "signed out"


async def test_a_session_outlives_the_console_and_a_console_with_another_key_knows_none(
    tmp_path: Path, provider: Provider
) -> None:
    house = a_house(tmp_path, provider)
    async with house.browser() as client:
        await sign_in(client, "nour")
        shown = {"cookie": f"{SESSION}={session_of(client)}"}
    async with a_house(tmp_path, provider).browser() as client:
        assert (await client.get("/en/region", headers=shown)).status_code == 200
    (tmp_path / "state" / "console.key").unlink()
    async with a_house(tmp_path, provider).browser() as client:
        assert (await client.get("/en/region", headers=shown)).status_code == 401


async def test_who_tries_too_often_waits(tmp_path: Path, provider: Provider) -> None:
    now = [0.0]
    rates = Rates(lambda: now[0], {"sign-in": Rate(3, 60.0)})
    async with a_house(tmp_path, provider, rates).browser() as client:
        statuses = [(await client.get("/sign-in")).status_code for _ in range(4)]
        assert statuses == [303, 303, 303, 429]
        assert (await client.get("/sign-in")).headers["retry-after"] == "60"
        now[0] = 60.0
        assert (await client.get("/sign-in")).status_code == 303
