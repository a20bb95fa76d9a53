"""A brief becomes a PDF: tagged, one page, the same bytes for the same numbers and the same day.

The rules:

1. Typst lays the page out. What it is given is data: no word of a release or of a translation is
   ever read as markup.
2. Letters come from the two fonts beside this file and from nowhere else, so the page looks the
   same on every machine.
3. The clock is not asked: the day is an argument, and the PDF says that it was made then.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib.resources import as_file, files
from typing import Any

import vl_convert

from deploy.console.charts import Chart
from deploy.console.charts.base import VEGA_LITE
from deploy.console.i18n import Tongue
from deploy.console.views.brief import Brief, Part, code_of
from deploy.console.views.brief_words import Named
from deploy.exports.labels import CONCEPTS
from deploy.exports.libraries import needed
from schemas.topics import RELEASES

FOLDER = files("deploy") / "console" / "brief"
FONT = "IBM Plex Sans Arabic"
STANDARD = "ua-1"
ISOLATES = re.compile("[\N{LEFT-TO-RIGHT ISOLATE}-\N{POP DIRECTIONAL ISOLATE}]")
"""Marks for browsers; a PDF has its own, and the fonts have no glyph for them."""


@dataclass(frozen=True)
class Imprint:
    """What a printed brief says of itself.

    Attributes:
        day: When it was made.
        address: The page of the console that shows the same; empty for none.
    """

    day: date
    address: str = ""


def printed(brief: Brief, tongue: Tongue, imprint: Imprint) -> bytes:
    """The brief as a PDF.

    Args:
        brief: What it says.
        tongue: In which language.
        imprint: What it says of itself.

    Raises:
        LibraryMissing: Typst is not installed.
    """
    typst = needed("typst", "console")
    told = json.dumps(_told(brief, tongue, imprint), ensure_ascii=False)
    with as_file(FOLDER) as folder:
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(folder / "fonts")],
        )
        content: bytes = typst.compile(
            str(folder / "page.typ"),
            root=str(folder),
            font_paths=fonts,
            sys_inputs={"brief": ISOLATES.sub("", told)},
            pdf_standards=STANDARD,
            timestamp=datetime.combine(imprint.day, time(), UTC),
        )
    return content


def file_name(brief: Brief) -> str:
    """What the file is called.

    Example:
        ``southmed-TUN-2024.pdf``
    """
    return f"southmed-{code_of(brief.area)}-{brief.period}.pdf"


def _told(brief: Brief, tongue: Tongue, imprint: Imprint) -> dict[str, Any]:
    say, flag = tongue.gettext, _number(brief.figure, tongue)
    return {
        "language": tongue.language,
        "direction": tongue.direction,
        "font": FONT,
        "title": brief.title,
        "name": brief.name,
        "period": brief.period,
        "made": [imprint.day.year, imprint.day.month, imprint.day.day],
        "kind": say("Brief"),
        "published": say("Published on %(day)s", day=tongue.day(brief.day)),
        "vintage": brief.vintage,
        "figure": flag,
        "sentences": list(brief.sentences),
        "trend": brief.trend and {"svg": _svg(brief.trend), "alt": brief.trend_told},
        "trend_title": say("The trend by quarter"),
        "quarters": [_row(one, tongue) for one in brief.quarters],
        "parts": [_part(part, tongue) for part in brief.parts],
        "value": CONCEPTS["OBS_VALUE"][tongue.language],
        "bounds": say("Bounds"),
        "are_title": say("What the numbers are and are not"),
        "are": list(brief.are),
        "sources_title": say("Source, and how to verify it"),
        "cite": say("To cite:"),
        "citation": brief.citation,
        "sources": [
            [one.key, f"{one.title} · {tongue.day(one.day)}", one.digest] for one in brief.sources
        ],
        "others": brief.others,
        "others_told": say("For the trend and the year before:"),
        "verify": _verify(tongue, imprint),
        "address": imprint.address,
        "imprint": _imprint(tongue, imprint),
    }


def _verify(tongue: Tongue, imprint: Imprint) -> str:
    if imprint.address:
        return tongue.gettext("Every number can be looked up and verified at this address:")
    return tongue.gettext(
        "Whoever reads the topic %(topic)s can verify every number with southmed consume.",
        topic=RELEASES.name(),
    )


def _imprint(tongue: Tongue, imprint: Imprint) -> str:
    made = tongue.gettext(
        "Made on %(day)s from what was published and stood by then.", day=tongue.day(imprint.day)
    )
    if tongue.language == "en":
        return made
    return made + " " + tongue.gettext("This translation is unreviewed; the English text holds.")


def _part(part: Part, tongue: Tongue) -> dict[str, Any]:
    strips = part.strips
    return {
        "title": part.title,
        "sentence": part.sentence,
        "column": part.column,
        "rows": [_row(row, tongue) for row in part.rows],
        "strips": strips and {"svg": _svg(strips)},
    }


def _row(row: Named, tongue: Tongue) -> dict[str, Any]:
    return {"name": row.name, **_number(row.figure, tongue)}


def _number(figure: Any, tongue: Tongue) -> dict[str, Any]:
    return {
        "value": tongue.number(figure.value),
        "bounds": f"{tongue.number(figure.lower)}–{tongue.number(figure.upper)}",
        "unsure": figure.unsure,
    }


def _svg(chart: Chart) -> str:
    """The drawing, in the letters of the page."""
    specification = chart.specification("light")
    specification["config"]["font"] = FONT
    specification["config"]["axis"]["labelLimit"] = 0
    drawn: str = vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE)
    return drawn
