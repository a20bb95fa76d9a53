"""All routes of the console, in the order in which they are tried."""

from __future__ import annotations

from fastapi import APIRouter

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
    region,
    releases,
    signing,
    static,
)

ROUTERS: tuple[APIRouter, ...] = (
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
    helping.router,
    auditing.router,
    signing.router,
    # Last: it takes any single word.
    landing.router,
)
