"""All routes of the console, in the order in which they are tried."""

from __future__ import annotations

from fastapi import APIRouter

from deploy.console.pages import (
    alerts,
    auditing,
    charts,
    download,
    events,
    helping,
    indicators,
    landing,
    quality,
    region,
    releases,
    signing,
    static,
)

ROUTERS: tuple[APIRouter, ...] = (
    static.router,
    events.router,
    charts.router,
    download.router,
    region.router,
    indicators.router,
    releases.router,
    alerts.router,
    quality.router,
    helping.router,
    auditing.router,
    signing.router,
    # Last: it takes any single word.
    landing.router,
)
