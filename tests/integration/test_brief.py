"""``southmed brief`` on a broker: of what verifies, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.brokers.embedded import EmbeddedBroker
from tests.extras import library
from tests.integration.analyst import Scene, tampered
from tests.integration.shell import Southmed
from tests.published import message, releases

pytestmark = pytest.mark.broker


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    library("typst", "console")
    with EmbeddedBroker() as broker:
        yield Scene(tmp_path, broker)


def test_a_brief_is_made_of_what_verifies_and_says_what_does_not(
    southmed: Southmed, scene: Scene
) -> None:
    scene.publish(*(message(releases()[name]) for name in ("F1", "F3", "F4", "F5")), tampered())
    to = scene.folder / "brief.pdf"
    asked = ("--area", "TUN", "--period", "2023", "--output", to, "--date", "2025-03-01")
    said = southmed("brief", *scene.connecting, *asked, "--json")
    assert said.status == 3
    (refused,) = said.json["refused"]
    assert refused["code"] == "BAD_SIGNATURE"
    (page,) = library("pypdf", "dev").PdfReader(to).pages
    digest = releases()["F3"].statement.output
    assert digest in "".join(page.extract_text().split())


def test_of_an_empty_topic_nothing_is_made(southmed: Southmed, scene: Scene) -> None:
    to = scene.folder / "brief.pdf"
    said = southmed("brief", *scene.connecting, "--period", "2023", "--output", to)
    assert said.status == 1
    assert "CONSOLE_BRIEF_UNANSWERED" in said.told
    assert not to.exists()


def test_without_a_place_to_read_it_is_wrong_usage(southmed: Southmed, scene: Scene) -> None:
    said = southmed("brief", "--trust", scene.trust, "--period", "2023")
    assert said.status == 2
    assert "--broker or --file" in said.told
