"""The sentences of a brief: whole ones, which say no more than the noise lets one say.

A change is told only where noise does not explain it, and the most frequent of several only where
it is ahead of the next one by more than noise. What cannot be told is said to be so, in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from deploy.console.i18n import Tongue, noop
from deploy.console.views import words
from deploy.console.views.cuts import ALL
from deploy.console.views.drawing import told
from deploy.console.views.figures import Figure, difference

PLACES: Mapping[str, str] = {
    "TUN": noop("in Tunisia"),
    "MAR": noop("in Morocco"),
    "JOR": noop("in Jordan"),
    "LBN": noop("in Lebanon"),
    ALL: noop("in the four countries"),
}
"""Countries as they stand in the middle of a sentence."""


class Named(NamedTuple):
    """A number and what it is of."""

    name: str
    figure: Figure


def where(code: str, tongue: Tongue) -> str:
    """``in Tunisia``."""
    if code in PLACES:
        return tongue.gettext(PLACES[code])
    return tongue.gettext("in the country %(area)s", area=words.area(code, tongue))


def title(area: str, year: str, tongue: Tongue) -> str:
    """What the brief is about."""
    return tongue.gettext(
        "Victims of trafficking identified %(where)s, %(year)s",
        where=where(area, tongue),
        year=year,
    )


def identified(area: str, year: str, figure: Figure, tongue: Tongue) -> str:
    """How many were identified."""
    return tongue.ngettext(
        "In %(year)s authorities identified %(num)s victim of trafficking in persons %(where)s.",
        "In %(year)s authorities identified %(num)s victims of trafficking in persons %(where)s.",
        figure.value,
        year=year,
        where=where(area, tongue),
    )


def between(figure: Figure, coverage: float, tongue: Tongue) -> str:
    """How sure that is."""
    sure = tongue.gettext(
        "Noise was added to protect those who are counted: the true number lies between"
        " %(lower)s and %(upper)s, in about %(coverage)s of cases.",
        lower=tongue.number(figure.lower),
        upper=tongue.number(figure.upper),
        coverage=tongue.share(coverage),
    )
    if not figure.unsure:
        return sure
    return sure + " " + tongue.gettext("This number is too small to be relied on.")


def change(now: Figure, before: Figure | None, year: str, tongue: Tongue) -> str:
    """What became of it since the year before, if that can be told.

    Args:
        now: This year's number.
        before: That of the year before; None if nothing is published.
        year: The year before.
        tongue: Language of the words.
    """
    if before is None:
        return tongue.gettext(
            "For %(year)s no number is published that it could be compared with.", year=year
        )
    found = difference(now, before)
    if not found.beyond_noise:
        return tongue.gettext(
            "Compared with %(year)s neither a rise nor a fall can be told: the difference may be"
            " noise alone.",
            year=year,
        )
    size = abs(found.change)
    fill = {
        "year": year,
        "change": tongue.number(size),
        "lower": tongue.number(size - found.band),
        "upper": tongue.number(size + found.band),
    }
    if found.change > 0:
        return tongue.gettext(
            "That is %(change)s more than in %(year)s (between %(lower)s and %(upper)s more),"
            " which noise does not explain.",
            **fill,
        )
    return tongue.gettext(
        "That is %(change)s fewer than in %(year)s (between %(lower)s and %(upper)s fewer),"
        " which noise does not explain.",
        **fill,
    )


def foremost(ranked: Sequence[Named]) -> tuple[Named, ...]:
    """The largest number, or the two largest if noise does not tell them apart; none if unsure.

    Args:
        ranked: Numbers, the largest first.
    """
    if not ranked or ranked[0].figure.unsure:
        return ()
    if len(ranked) == 1 or difference(ranked[0].figure, ranked[1].figure).beyond_noise:
        return (ranked[0],)
    return (ranked[0], ranked[1])


@dataclass(frozen=True)
class Lead:
    """How it is said what comes first.

    Attributes:
        one: Of one that is ahead beyond noise: its name, its number.
        two: Of two that noise alone may tell apart.
        none: Where nothing is frequent enough.
    """

    one: str
    two: str
    none: str

    def of(self, ranked: Sequence[Named], tongue: Tongue) -> str:
        """The sentence about some numbers, the largest first."""
        match foremost(ranked):
            case (first,):
                number = told(first.figure, tongue)
                return tongue.gettext(self.one, name=first.name, number=number)
            case (first, second):
                return tongue.gettext(self.two, first=first.name, second=second.name)
        return tongue.gettext(self.none)


FORMS = Lead(
    noop("The form found most often is “%(name)s”: %(number)s."),
    noop("“%(first)s” leads “%(second)s” by no more than noise explains."),
    noop("No form is frequent enough to be relied on by itself."),
)
CORRIDORS = Lead(
    noop("The country of recruitment told most often is %(name)s: %(number)s."),
    noop("%(first)s is ahead of %(second)s by no more than noise explains."),
    noop("No country of recruitment is frequent enough to be relied on by itself."),
)


def of_stages(figure: Figure, tongue: Tongue) -> str:
    """How many cases came before a court."""
    if figure.unsure:
        return tongue.gettext(
            "The cases that came to a prosecution or a conviction are too few to be relied on."
        )
    return tongue.ngettext(
        "The case of %(num)s person (between %(lower)s and %(upper)s) came to a prosecution or a"
        " conviction.",
        "The cases of %(num)s persons (between %(lower)s and %(upper)s) came to a prosecution or a"
        " conviction.",
        figure.value,
        lower=tongue.number(figure.lower),
        upper=tongue.number(figure.upper),
    )


def are_and_are_not(area: str, tongue: Tongue) -> list[str]:
    """What the numbers are, and what they are not."""
    say = tongue.gettext
    compare = say(
        "Countries count what their authorities find. Do not compare them as if it were prevalence."
    )
    return [
        say(
            "They are detections, not prevalence: persons whom an authority has identified as"
            " victims. Nobody counts those who were not found."
        ),
        say(
            "More detections may mean more police work, not more trafficking; fewer may mean that"
            " nobody looked."
        ),
        say(
            "Every table has noise of its own, so sums differ a little from table to table."
            " Numbers with a question mark are too small to be relied on: do not quote them by"
            " themselves."
        ),
        *([compare] if area == ALL else []),
    ]
