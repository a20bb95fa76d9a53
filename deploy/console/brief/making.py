"""A brief of verified releases, without a console."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from deploy.console.brief.printed import Imprint, printed
from deploy.console.errors import BriefUnanswered
from deploy.console.i18n import tongue
from deploy.console.store import Kept, Snapshot
from deploy.console.views.brief import area_of, brief, years
from deploy.consume.judge import Message
from schemas.codelists import Language
from schemas.releases import Release


def make(
    releases: Iterable[Release],
    area: str,
    period: str,
    language: Language,
    day: date,
    address: str = "",
) -> bytes:
    """The PDF.

    Args:
        releases: The newest of every key, verified.
        area: Code of a country, or ALL.
        period: The year.
        language: Of the words.
        day: The date that it bears.
        address: Of a console that shows the same; empty for none.

    Raises:
        BriefUnanswered: Nothing is published of that.
        LibraryMissing: Typst is not installed.
    """
    snapshot, inner, speaks = _known(releases), area_of(area), tongue(language)
    found = brief(snapshot, inner, period, speaks) if inner else None
    if found is None:
        known = ", ".join(years(snapshot)) or "nothing yet"
        raise BriefUnanswered(expected=f"a year that is published: {known}")
    where = ""
    if address:
        query = urlencode({"area": area, "period": period})
        where = f"{address.rstrip('/')}/{language}/brief?{query}"
    return printed(found, speaks, Imprint(day, where))


def _known(releases: Iterable[Release]) -> Snapshot:
    snapshot = Snapshot()
    for offset, release in enumerate(releases):
        message = Message(offset, release.key.encode(), release.dump(), [])
        snapshot = snapshot.having(Kept(release, message))
    return snapshot
