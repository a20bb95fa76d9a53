"""All routes of the console, in the order in which they are tried."""

from __future__ import annotations

from fastapi import APIRouter

from deploy.console.api import routes as api
from deploy.console.pages import (
    alerts,
    auditing,
    charts,
    download,
    events,
    helping,
    indicators,
    landing,
    programs,
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
    download.router,
    region.router,
    indicators.router,
    releases.router,
    alerts.router,
    helping.router,
    programs.router,
    auditing.router,
    signing.router,
    # Last: it takes any single word.
    landing.router,
)
