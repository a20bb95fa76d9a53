"""Who is let in, what every answer tells browsers to refuse, and what errors say."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import Request
from fastapi.routing import APIRoute

from deploy.console.app import Console, create_app
from deploy.console.follow import Live, Standing
from deploy.console.pages.routes import ROUTERS
from deploy.console.security import HEADERS, POLICY, Doorkeeper, Reader, Role, closed, unsafe_open
from deploy.exports.formats import FORMATS, NOTE
from tests.console.world import TODAY, WITHDRAWN, snapshot
from tests.published import trusting

PAGES = (
    "/en/region",
    "/en/indicators",
    "/en/indicators/VIC_IDENT",
    "/en/alerts",
    "/en/releases",
    "/en/releases/F1_2023_FINAL?verify=1",
    "/en/help",
    "/en/brief",
    "/en/corridors",
    "/en/justice",
    "/en/cooperation",
    "/en/api",
    "/en/download/F1_2023_FINAL.csv",
)
OPEN_TO_ALL = {
    "GET /",
    "GET /{language}",
    "GET /readyz",
    "GET /static/{digest}/{name}",
    "GET /api/v1/openapi.json",
    "HEAD /api/v1/openapi.json",
    "GET /sign-in",
    "GET /signed-in",
    "GET /signed-out",
}
"""What tells nothing of what was published."""

Get = Callable[..., Awaitable[httpx.Response]]


def getting(doorkeeper: Doorkeeper = unsafe_open, standing: Standing = Standing.LIVE) -> Get:
    live = Live(snapshot(), standing)
    app = create_app(Console(live, trusting, doorkeeper, today=lambda: TODAY))

    async def get(path: str, host: str = "127.0.0.1:8470", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.get(path, headers=headers)

    return get


def being(*roles: Role) -> Doorkeeper:
    async def keeper(_request: Request) -> Reader | None:
        return Reader("somebody", frozenset(roles))

    return keeper


# --- Who is let in --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, "/events"])
async def test_by_default_nobody_is_let_in(path: str) -> None:
    answer = await getting(closed)(path)
    assert answer.status_code == 401
    assert "F1|2023" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/events"])
async def test_who_has_another_role_is_not_let_in(path: str) -> None:
    assert (await getting(being(Role.OPERATOR))(path)).status_code == 403


@pytest.mark.parametrize("path", PAGES)
async def test_a_viewer_reads_every_page(path: str) -> None:
    assert (await getting(being(Role.VIEWER))(path)).status_code == 200


def test_every_route_asks_who_reads() -> None:
    assert len(create_app(Console(Live(), trusting)).routes) == len(ROUTERS)
    routes = [route for router in ROUTERS for route in router.routes]
    every = {
        f"{method} {route.path}": route
        for route in routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert len(every) == len(routes)
    asking = {path for path, route in every.items() if route.dependant.dependencies}
    assert len(asking) >= 9
    assert set(every) - asking == OPEN_TO_ALL


async def test_a_name_that_others_lead_here_is_not_answered() -> None:
    assert (await getting()("/en/region", host="attacker.example")).status_code == 400


# --- What browsers are told -----------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, "/en/nothing", "/", "/readyz", "/static/0/console.css"])
async def test_every_answer_tells_browsers_what_to_refuse(path: str) -> None:
    headers = (await getting()(path)).headers
    assert {name: headers[name] for name in HEADERS} == dict(HEADERS)


def test_nothing_but_our_own_files_is_allowed() -> None:
    assert set(POLICY.values()) == {"'none'", "'self'"}
    assert POLICY["default-src"] == "'none'"
    assert "unsafe" not in HEADERS["content-security-policy"]


@pytest.mark.parametrize("path", [page for page in PAGES if "download" not in page])
async def test_no_page_holds_a_script_or_a_style_or_leads_elsewhere(path: str) -> None:
    text = (await getting()(path)).text
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=\"/static/)", text) == []
    assert re.findall(r"(?:src|href|srcset|action)=\"(?![/#])", text) == []
    assert "//" not in "".join(re.findall(r"(?:src|href)=\"([^\"]*)", text))


async def test_pages_are_not_kept_and_files_beside_them_are() -> None:
    get = getting()
    assert (await get("/en/region")).headers["cache-control"] == "no-store"
    (style,) = re.findall(r'href="(/static/\S+?/console\.css)"', (await get("/en/region")).text)
    assert "immutable" in (await get(style)).headers["cache-control"]


# --- What pages say -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "place"), [("fr", "/fr/region"), ("ar-JO", "/ar/region"), ("", "/en/region")]
)
async def test_who_knows_no_address_lands_in_the_region(accepted: str, place: str) -> None:
    answer = await getting()("/", **{"accept-language": accepted})
    assert (answer.status_code, answer.headers["location"]) == (302, place)


async def test_switching_the_language_keeps_the_place() -> None:
    text = (await getting()("/en/indicators/VIC_IDENT?period=2023&by=SEX&country=TUN")).text
    assert 'href="/ar/indicators/VIC_IDENT?period=2023&amp;by=SEX&amp;country=TUN"' in text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/en/nothing", 404, "There is nothing here"),
        ("/fr/nothing", 404, "Il n’y a rien ici"),
        ("/xx/region", 404, "There is nothing here"),
        ("/en/indicators/NO_SUCH", 404, "There is nothing here"),
        ("/en/indicators/VIC_IDENT?by=%3Cscript%3E", 404, "There is nothing here"),
        ("/en/releases/F1_2019_FINAL", 404, "There is nothing here"),
        ("/en/download/F1_2023_FINAL.exe", 404, "There is nothing here"),
        (f"/en/download/{WITHDRAWN.replace('|', '_')}.csv", 410, "The release was withdrawn"),
        ("/charts/00-light.svg", 404, "There is nothing here"),
        ("/static/0/..%2Fapp.py", 404, "There is nothing here"),
    ],
)
async def test_errors_are_pages_too(path: str, status: int, words: str) -> None:
    answer = await getting()(path)
    assert answer.status_code == status
    assert words in answer.text
    assert "script>" not in answer.text.replace("</script>", "")


@pytest.mark.parametrize("end", [*(e for f in FORMATS.values() for e in f.writers), NOTE])
async def test_a_release_comes_in_every_format(end: str) -> None:
    answer = await getting()(f"/fr/download/F1_2023_FINAL{end}")
    assert answer.status_code == 200
    assert f'filename="F1_2023_FINAL{end}"' in answer.headers["content-disposition"]
    assert len(answer.content) > 500


async def test_a_chart_is_drawn_once_somebody_looks_and_names_itself() -> None:
    get = getting()
    text = (await get("/ar/region")).text
    addresses = re.findall(r"/charts/\w+-(?:light|dark)\.svg", text)
    # Six charts and the two of corridors, one of which in two widths; each light and dark.
    assert len(addresses) == 18
    light, dark = (await get(addresses[1])), (await get(addresses[0]))
    assert light.headers["content-type"] == "image/svg+xml"
    assert light.content != dark.content
    for svg in (light.text, dark.text):
        assert 'role="img"' in svg[:600]
        assert "<title>" in svg
        assert "<desc>" in svg


@pytest.mark.parametrize(
    ("standing", "status", "words"),
    [
        (Standing.LIVE, 200, None),
        (Standing.BEHIND, 503, "The broker does not answer."),
        (Standing.STARTING, 503, "The console is reading what was published."),
    ],
)
async def test_a_page_says_whether_it_may_be_behind(
    standing: Standing, status: int, words: str | None
) -> None:
    get = getting(standing=standing)
    assert (await get("/readyz")).status_code == status
    banner = re.search(r'id="standing"[^>]*>(.*?)</div>', (await get("/en/region")).text, re.DOTALL)
    assert banner is not None
    assert words is None if not banner[1].strip() else words and words in banner[1]


async def test_a_page_keeps_as_much_room_for_a_chart_as_it_takes() -> None:
    get = getting()
    text = (await get("/en/region")).text
    told = re.findall(r'src="(/charts/\S+?)" width="(\d+)" height="(\d+)"', text)
    assert len(told) == 8
    for address, width, height in told:
        assert f'width="{width}" height="{height}"' in (await get(address)).text[:400]
