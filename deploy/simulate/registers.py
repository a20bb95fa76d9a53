"""The four registers of a story as they stood in a month, in their real formats.

A workbook, a database, two CSV files, an export of a form (`deploy.registers`). The files are
written anew each time, as an export is; a database is changed where something changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from country_adapters import AUTHORITIES, REGISTERS
from deploy.registers import jordan, lebanon, morocco, tunisia
from deploy.registers.faults import Written
from deploy.simulate.story import Story
from processors.alerts.facts import Month

WRITERS: dict[str, tuple[str, Callable[..., Written]]] = {
    "TUN": ("register.xlsx", tunisia.write),
    "MAR": ("register.sql", morocco.write),
    "JOR": ("register.csv", jordan.write),
    "LBN": ("register.json", lebanon.write),
}
NAMES = {AUTHORITIES[authority]: name for authority, name in REGISTERS.items()}
TRUTH = "truth.json"


def write_all(story: Story, folder: Path) -> dict[str, Written]:
    """Writes the four registers as they stand in the end, and the truth beside them.

    Args:
        story: What was invented.
        folder: Made if missing; each register lies in a folder of its country's name.

    Returns:
        What was written, by country.
    """
    written = {}
    for country, name in NAMES.items():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        file, write = WRITERS[country]
        written[country] = write(story.register(country, story.truth.last), place / file)
    text = json.dumps(story.truth.document(), ensure_ascii=False, indent=1)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")
    return written


class Desk:
    """The register of one country, month after month.

    Args:
        story: What happens.
        country: Whose register.
        folder: Where it lies; made if missing.
    """

    def __init__(self, story: Story, country: str, folder: Path) -> None:
        self._story = story
        self._country = country
        self._folder = folder
        self._until: Month | None = None
        folder.mkdir(parents=True, exist_ok=True)
        if country == "MAR":
            self._engine = sa.create_engine(f"sqlite:///{folder / 'register.sqlite'}")
            morocco.METADATA.create_all(self._engine)
            (folder / "register.url").write_text("sqlite:///register.sqlite\n", encoding="utf-8")

    def go_on(self, month: Month, changed_at: datetime) -> None:
        """Brings the register to the end of a month.

        Args:
            month: Which.
            changed_at: When it was changed last, as the database notes it.
        """
        story, country = self._story, self._country
        if country == "MAR":
            news = story.register(country, month, since=self._until)
            morocco.update(news, self._engine, changed_at)
            self._until = month
            return
        file, write = WRITERS[country]
        write(story.register(country, month), self._folder / file)
