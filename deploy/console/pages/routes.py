"""All routes of the console, in the order in which they are tried."""

from __future__ import annotations

from fastapi import APIRouter

from deploy.console.api import routes as api
from deploy.console.pages import (
    alerts,
    auditing,
    briefs,
    charts,
    cooperation,
    corridors,
    digits,
    download,
    events,
    helping,
    indicators,
    justice,
    landing,
    programs,
    quality,
    region,
    releases,
    signing,
    static,
)

ROUTERS: tuple[APIRouter, ...] = (
    api.router,
    static.router,
    events.router,
    charts.router,
    digits.router,
    download.router,
    region.router,
    indicators.router,
    corridors.router,
    justice.router,
    cooperation.router,
    releases.router,
    briefs.router,
    alerts.router,
    quality.router,
    helping.router,
    programs.router,
    auditing.router,
    signing.router,
    # Last: it takes any single word.
    landing.router,
)
