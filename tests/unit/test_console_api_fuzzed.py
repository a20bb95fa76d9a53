"""Whatever programs ask the API, as whoever: it answers as its document says.

schemathesis makes questions from the document, right ones and wrong ones, and holds every answer
against it: statuses, media types, headers, bodies; nothing wrong is accepted, nothing right is
refused, and who is not signed in gets nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from deploy.console.api import ROOT
from deploy.console.security.rates import RATES, Rate, Rates
from deploy.console.security.sessions import SESSION
from tests.extras import library
from tests.openid import Provider, providing
from tests.unit.console_guard import ADDRESS, House, a_house, only, sign_in

PEOPLE = {
    "a viewer": "vera",
    "Tunisia's contact point": "nour",
    "Morocco's contact point": "idir",
    "an analyst": "anna",
    "an operator": "omar",
    "nobody": "",
}
THOROUGHLY = ("Tunisia's contact point", "nobody")
"""For whom every bound of every parameter is tried, beside what chance makes up."""
ENDLESS = Rates(rates={**RATES, "api": Rate(10**9, 60.0)})
THERE: Mapping[str, dict[str, Any]] = {
    "/releases/{name}": {"path_parameters": {"name": "F1_2023_FINAL"}},
    "/indicators/{code}": {"path_parameters": {"code": "VIC_IDENT"}},
    "/indicators/{code}/observations": {
        "path_parameters": {"code": "VIC_IDENT"},
        "query": {"TABLE": "F1"},
    },
    "/alerts/{board}/{name}": {"path_parameters": {"board": "tun", "name": only("tun").id}},
}
"""What is there to be found, in the place of what chance would make up."""
FEW = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, provider: Provider) -> House:
    return a_house(tmp_path, provider, ENDLESS)


async def session_of(house: House, who: str) -> dict[str, str]:
    """The cookie of somebody who signed in."""
    if not who:
        return {}
    async with house.browser() as client:
        await sign_in(client, who)
        return {SESSION: client.cookies[SESSION]}


@pytest.mark.slow
@pytest.mark.parametrize("who", PEOPLE)
async def test_whatever_is_asked_is_answered_as_the_document_says(house: House, who: str) -> None:
    cookies = await session_of(house, PEOPLE[who])
    found = await asyncio.to_thread(answered, house, cookies, thorough=who in THOROUGHLY)
    statuses = {status for _, status in found} - {405}
    assert statuses == ({200, 403, 404, 422} if cookies else {401})
    assert (("POST", 405) in found) == (who in THOROUGHLY)


def answered(
    house: House, cookies: Mapping[str, str], *, thorough: bool
) -> Counter[tuple[str, int]]:
    """Asks for every address of the document; gives how often which method got which status."""
    schemathesis = library("schemathesis", "dev")
    building = library("schemathesis.generation.hypothesis.builder", "dev")
    override = library("schemathesis.generation.overrides", "dev").Override
    schema = schemathesis.openapi.from_asgi(
        f"{ROOT}/openapi.json", house.app, headers={"host": urlsplit(ADDRESS).netloc}
    )
    found: Counter[tuple[str, int]] = Counter()
    every = building.HypothesisTestMode

    def hold(case: Any) -> None:
        answer = case.call_and_validate(base_url=ADDRESS, cookies=cookies)
        found[str(answer.request.method), answer.status_code] += 1

    for operation in (one.ok() for one in schema.get_all_operations()):
        known = THERE.get(operation.path.removeprefix(ROOT))
        rounds = [(list(every) if thorough else [every.FUZZING], override())]
        rounds += [([every.FUZZING], override(**known))] if known else []
        for modes, fixed in rounds:
            config = building.HypothesisTestConfig(
                schema.config, modes, settings=FEW, seed=1, override=fixed
            )
            building.create_test(operation=operation, test_func=hold, config=config)()
    return found
