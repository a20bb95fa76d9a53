"""What the tables of counting scenarios share: short names for events, and how cells are written.

A cell is written without its measure and country: ``2023 F Y18T29`` is period and dimensions.
Where no more is said, the person is the one of `tests.samples`: a woman of 18 to 29 from Côte
d'Ivoire, exploited in domestic work.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from processors.indicators.rules import cells_of
from tests.samples import Fields, an_event

presumed = partial(an_event, "victim.presumed")
identified = partial(an_event, "victim.identified")
referred = partial(an_event, "victim.referred")
assisted = partial(an_event, "assistance.provided")
returned = partial(an_event, "victim.return")
reported = partial(an_event, "report.received")
triaged = partial(an_event, "report.triaged")
transmitted = partial(an_event, "report.transmitted")
sentenced = partial(an_event, "justice.sentence")
closed = partial(an_event, "assistance.closed")
requested = partial(an_event, "cooperation.request")
staged = partial(an_event, "justice.person_stage")
investigated = partial(an_event, "justice.investigation_opened")
intercepted = partial(an_event, "network.intercepted")
trained = partial(an_event, "training.delivered")


def told(events: Sequence[Fields], measure: str) -> dict[str, int]:
    """The cells of a measure, as the tables write them."""
    return {
        " ".join(cell[2:]): number
        for cell, number in cells_of(events).items()
        if cell[0] == measure
    }


class Scenario(NamedTuple):
    """What happened to one subject, and every cell of one measure."""

    story: str
    events: list[Fields]
    measure: str
    cells: dict[str, int]
