"""What all pages share: the language of the address, the templates, and where pages are.

A page's address begins with its language, so that switching the language keeps the place, and an
address that somebody is sent looks the same to them.

Digits of Arabic are kept in a cookie and not in the address: they are the reader's habit and no
part of what is shown, so who is sent an address reads it with their own. Nothing is kept by others
that would differ: pages are kept by nobody, and a chart's address follows from what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, get_args

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from deploy.console.app_state import console_of
from deploy.console.charts import Chart
from deploy.console.i18n import ENDONYMS, Digits, Tongue, noop, tongue, usual_digits
from deploy.console.pages.assets import asset
from deploy.console.pages.content import Content
from deploy.console.quality.board import READERS
from deploy.console.security.roles import Reader, Role, known_reader
from deploy.console.security.sessions import DIGITS
from deploy.console.store import Snapshot
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
    Place("corridors", noop("Corridors")),
    Place("justice", noop("Justice and referral")),
    Place("cooperation", noop("Training and cooperation")),
    Place("alerts", noop("Alerts")),
    Place("releases", noop("Releases")),
    Place("brief", noop("Brief")),
    Place("quality", noop("Data quality"), Role.ANALYST, READERS),
    Place("help", noop("Help")),
    Place("audit", noop("Audit log"), Role.OPERATOR),
)
"""The navigation."""
PARTED = "\N{INFORMATION SEPARATOR TWO}"
UNFRAMED = f"""\
{{% import "macros.html" as m with context %}}
{{% block title %}}{{% endblock %}}{PARTED}{{% block main %}}{{% endblock %}}"""
"""What stands in the place of the frame where only what is in it is made."""


def speaking(request: Request, language: Language) -> Tongue:
    """The language of a page with the digits that its reader chose, or is used to."""
    chosen: Digits
    for chosen in get_args(Digits):
        if language == "ar" and request.cookies.get(DIGITS) == chosen:
            return tongue(language, chosen)
    return tongue(language, usual_digits(language, request.headers.get("accept-language", "")))


@cache
def environment(language: Language, digits: Digits = "latn", *, framed: bool = True) -> Environment:
    """The templates in a language.

    Args:
        language: Which one.
        digits: Of its numbers.
        framed: Whether pages stand in their frame, which names the reader.
    """
    speaks = tongue(language, digits)
    frames = {} if framed else {"base.html": UNFRAMED}
    made = Environment(
        loader=ChoiceLoader([DictLoader(frames), PackageLoader("deploy.console")]),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(speaks.texts, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {
        # Jinja's own would write the number itself, as a program does.
        "ngettext": speaks.ngettext,
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
        "prose": speaks.prose,
        "written": speaks.written,
        "slug": slug,
    }
    return made


def _leads(who: Reader | None, one: Place) -> bool:
    """Whether the navigation leads somebody to a page."""
    may = {one.role, *one.others}
    return Role.VIEWER in may or (who is not None and bool(may & who.roles))


def _voiced(chart: Chart, speaks: Tongue) -> Chart:
    return replace(chart, voice=speaks.voice)


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
    rest = request.url.path.removeprefix(f"/{speaks.language}")
    query = f"?{request.url.query}" if request.url.query else ""
    text = (
        environment(speaks.language, speaks.digits)
        .get_template(template)
        .render(
            place=rest,
            here=rest.strip("/").partition("/")[0],
            switch=f"{rest}{query}",
            address=str(request.url),
            live=console.live,
            places=[one for one in PLACES if _leads(who, one)],
            who=who,
            number=request.state.number if who else 0,
            token=console.tokens.of(who) if who else "",
            chart_address=lambda chart: console.charts.put(_voiced(chart, speaks)),
            **model,
        )
    )
    return HTMLResponse(text, status)


def same_page(
    request: Request,
    speaks: Tongue,
    template: str,
    snapshot: Snapshot,
    make: Callable[[], Mapping[str, Any]],
) -> HTMLResponse:
    """Lays a page out whose content is the same for all readers: made once, for all who ask.

    Args:
        request: What was asked for.
        speaks: The language.
        template: Name of the file; its blocks know nothing of who reads.
        snapshot: What the content follows from, beside the address and the day.
        make: Makes what the page says.
    """
    console = console_of(request)

    def content() -> Content:
        charts: dict[str, Chart] = {}

        def chart_address(chart: Chart) -> str:
            voiced = _voiced(chart, speaks)
            charts[voiced.digest] = voiced
            return voiced.digest

        told = {**make(), "chart_address": chart_address}
        found = environment(speaks.language, speaks.digits, framed=False)
        title, _, main = found.get_template(template).render(told).partition(PARTED)
        # Escaped by the template.
        return Content(Markup(title), Markup(main), tuple(charts.values()))  # noqa: S704

    address = (request.url.path, request.url.query, speaks.digits)
    found = console.contents.get((address, snapshot.number, console.today()), content)
    for chart in found.charts:
        console.charts.put(chart)
    return page(request, speaks, "content.html", content=found)
