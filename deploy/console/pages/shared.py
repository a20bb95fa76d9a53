"""What all pages share: the language of the address, the templates, and where pages are.

A page's address begins with its language, so that switching the language keeps the place, and an
address that somebody is sent looks the same to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from deploy.console.app_state import console_of
from deploy.console.charts import Chart
from deploy.console.i18n import ENDONYMS, Tongue, noop, tongue
from deploy.console.pages.assets import asset
from deploy.console.quality.board import READERS
from deploy.console.security.roles import Reader, Role, known_reader
from deploy.console.views.words import slug
from deploy.exports.labels import CONCEPTS, EXACT, UNSURE, label
from schemas.codelists import Language


@dataclass(frozen=True)
class Place:
    """A page that the navigation leads to."""

    path: str
    name: str
    role: Role = Role.VIEWER
    others: frozenset[Role] = frozenset()
    """Who may see it too."""


PLACES = (
    Place("region", noop("Region")),
    Place("indicators", noop("Indicators")),
    Place("alerts", noop("Alerts")),
    Place("releases", noop("Releases")),
    Place("quality", noop("Data quality"), Role.ANALYST, READERS),
    Place("help", noop("Help")),
    Place("audit", noop("Audit log"), Role.OPERATOR),
)
"""The navigation."""


@cache
def environment(language: Language) -> Environment:
    """The templates in a language."""
    speaks = tongue(language)
    made = Environment(
        loader=PackageLoader("deploy.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(speaks.texts, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {
        "tongue": speaks,
        "endonyms": ENDONYMS,
        "asset": asset,
        "concepts": CONCEPTS,
        "label": label,
        "exact": EXACT[language],
        "unsure": UNSURE[language],
    }
    made.filters |= {
        "number": speaks.number,
        "signed": speaks.signed,
        "measured": speaks.measured,
        "share": speaks.share,
        "day": speaks.day,
        "moment": speaks.moment,
        "period": speaks.period,
        "slug": slug,
    }
    return made


def _leads(who: Reader | None, one: Place) -> bool:
    """Whether the navigation leads somebody to a page."""
    may = {one.role, *one.others}
    return Role.VIEWER in may or (who is not None and bool(may & who.roles))


def page(
    request: Request, speaks: Tongue, template: str, status: int = 200, **model: Any
) -> HTMLResponse:
    """Lays a page out.

    Args:
        request: What was asked for.
        speaks: The language.
        template: Name of the file.
        status: Of the answer.
        model: What the page says.
    """
    console, who = console_of(request), known_reader(request)

    def chart_address(chart: Chart) -> str:
        return console.charts.put(chart)

    rest = request.url.path.removeprefix(f"/{speaks.language}")
    query = f"?{request.url.query}" if request.url.query else ""
    text = (
        environment(speaks.language)
        .get_template(template)
        .render(
            place=rest,
            here=rest.strip("/").partition("/")[0],
            switch=f"{rest}{query}",
            address=str(request.url),
            live=console.live,
            places=[one for one in PLACES if _leads(who, one)],
            who=who,
            number=console.number(who) if who else 0,
            token=console.tokens.of(who) if who else "",
            chart_address=chart_address,
            **model,
        )
    )
    return HTMLResponse(text, status)
