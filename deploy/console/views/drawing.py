"""Charts of answers: which numbers, and the words for those who do not see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from deploy.console.charts import Bars, Chart, Mark, Trend
from deploy.console.i18n import Tongue
from deploy.console.views.cuts import Answer
from deploy.console.views.figures import Figure


def told(figure: Figure, tongue: Tongue) -> str:
    """A number and its bounds in words."""
    if figure.exact:
        return tongue.number(figure.value)
    return tongue.gettext(
        "%(value)s (between %(lower)s and %(upper)s)",
        value=tongue.number(figure.value),
        lower=tongue.number(figure.lower),
        upper=tongue.number(figure.upper),
    )


def top(figures: Iterable[Figure]) -> int:
    """Where a scale ends that has room for all."""
    return max((max(figure.upper, figure.value) for figure in figures), default=1)


def trend(name: str, points: Sequence[tuple[str, Figure]], ceiling: int, tongue: Tongue) -> Chart:
    """A line through periods."""
    first, last = points[0], points[-1]
    ends = {
        "first": tongue.period(first[0]),
        "then": told(first[1], tongue),
        "last": tongue.period(last[0]),
        "now": told(last[1], tongue),
    }
    if all(figure.exact for _, figure in points):
        words = tongue.gettext(
            "Line of exact numbers through time. %(first)s: %(then)s. %(last)s: %(now)s.", **ends
        )
    else:
        words = tongue.gettext(
            "Line with a band of uncertainty. %(first)s: %(then)s. %(last)s: %(now)s.", **ends
        )
    marks = tuple(Mark.of(tongue.period(period), figure) for period, figure in points)
    return Trend(name, words, tongue.direction == "rtl", marks, ceiling)


def bars(name: str, figures: Mapping[str, Figure], tongue: Tongue) -> Chart:
    """A bar for each code, the order given."""
    listed = "; ".join(f"{label}: {told(figure, tongue)}" for label, figure in figures.items())
    if all(figure.exact for figure in figures.values()):
        words = tongue.gettext("Bars of exact numbers. %(listed)s.", listed=listed)
    else:
        words = tongue.gettext("Bars with whiskers of uncertainty. %(listed)s.", listed=listed)
    marks = tuple(Mark.of(label, figure) for label, figure in figures.items())
    mirrored = tongue.direction == "rtl"
    return Bars(name, words, mirrored, marks, top(figures.values()))


def trends(
    answers: Sequence[Answer],
    names: Mapping[str, str],
    pick: Callable[[Answer, str], Figure],
    tongue: Tongue,
) -> list[Chart]:
    """Lines side by side on one scale.

    Args:
        answers: The periods, the oldest first.
        names: What each line is called, by its key.
        pick: The number of a period and a line.
        tongue: Language of the words.
    """
    ceiling = top(pick(one, key) for one in answers for key in names)
    return [
        trend(name, [(one.period, pick(one, key)) for one in answers], ceiling, tongue)
        for key, name in names.items()
    ]
