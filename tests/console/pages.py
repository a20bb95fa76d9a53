"""The pages of the console, and what keeps people out of one."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.exports.labels import LANGUAGES
from tests.extras import library
from tests.unit.console_guard import only

PAGES = (
    "region",
    "indicators",
    "indicators/VIC_IDENT?period=2023&by=FORM&country=",
    "indicators/VIC_PRES",
    "corridors",
    "corridors?period=2024-Q4&country=LBN",
    "justice",
    "justice?year=2021&country=MAR&form=LAB",
    "cooperation",
    "cooperation?year=2022&country=TUN",
    "releases",
    "releases/F1_2023_FINAL?verify=1",
    "releases/F4_2022_FINAL",
    "brief",
    "brief?area=TUN&period=2022",
    "help",
    "api",
    "alerts",
    "alerts?state=DISMISSED&detector=&country=TUN&quarter=",
    *(f"alerts/{board}/{only(board).id}" for board in ("tun", "analysts", "surges")),
    "quality",
    "audit",
)

in_every_language = pytest.mark.parametrize("language", LANGUAGES)
every_page = pytest.mark.parametrize("path", PAGES)


def violations(page: Any) -> list[str]:
    """What axe finds on a page that is open, by its rules for WCAG."""
    axe = library("axe_playwright_python.sync_playwright", "dev").Axe()
    found = axe.run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
