"""Routes: each asks who reads, takes a snapshot, has a view made of it, and lays it out."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from deploy.console.pages import (
    charts,
    download,
    events,
    helping,
    indicators,
    landing,
    region,
    releases,
    static,
)
from deploy.console.pages.failing import failures as _failures


def routers() -> list[APIRouter]:
    """All routes. A page with an address of its own stands before one that takes any name."""
    modules = (static, events, charts, download, region, indicators, releases, helping, landing)
    return [module.router for module in modules]


def failures(app: FastAPI) -> None:
    """Has errors answered with pages."""
    _failures(app)


__all__ = ["failures", "routers"]
