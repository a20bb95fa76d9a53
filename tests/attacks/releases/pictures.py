"""A picture for each attack: releases beside the controls, with intervals and the gate."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Pictures of the same numbers have the same bytes.
os.environ.setdefault("SOURCE_DATE_EPOCH", "0")

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from tests.attacks.releases.a8_sampler import EDGE
from tests.attacks.releases.accuracy import Accuracy
from tests.attacks.releases.scores import OURS, Outcome, Score, Z

TEAL, RUST, GREY, INK = "#00756f", "#c0562b", "#8a8f98", "#23272e"
STYLE = {
    "svg.hashsalt": "southmed",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
}


def draw_all(
    folder: Path, outcomes: Sequence[Outcome], gates: Mapping[str, Any], accuracy: Accuracy
) -> list[Path]:
    """All pictures; the paths of those written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    special = {"A2": _membership, "A7": _averaging, "A8": _sampler}
    with mpl.rc_context(STYLE):
        for outcome in outcomes:
            gate = gates[outcome.attack]
            figure = special.get(outcome.attack, _forest)(outcome, gate)
            written.append(_save(figure, folder / f"{outcome.attack.lower()}.svg"))
        for name, draw in (("errors", _errors), ("trend", _trend), ("sdg-16-2-2", _rates)):
            written.append(_save(draw(accuracy), folder / f"{name}.svg"))
    return written


def _save(figure: Any, path: Path) -> Path:
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return path


def _colour(scheme: str) -> str:
    return TEAL if scheme.startswith(OURS) else RUST


def _forest(outcome: Outcome, gate: Mapping[str, Any]) -> Any:
    scores = [score for score in outcome.scores if score.what == gate["score"]]
    figure, axes = plt.subplots(figsize=(8, 0.9 + 0.3 * len(scores)))
    _rows(axes, scores)
    axes.axvline(gate["most"], color=INK, lw=1, ls="--")
    axes.annotate("gate", (gate["most"], 1.01), xycoords=("data", "axes fraction"), ha="center")
    axes.set_xlabel(gate["score"])
    axes.set_title(f"{outcome.attack}  {outcome.title}", pad=18)
    return figure


def _rows(axes: Axes, scores: Sequence[Score]) -> None:
    """One line for each scheme: its estimate and interval."""
    for place, score in enumerate(scores):
        y, colour = len(scores) - place, _colour(score.scheme)
        axes.plot([score.low, score.high], [y, y], color=colour, lw=2.5, solid_capstyle="butt")
        axes.plot([score.value], [y], "o", color=colour, ms=6)
        axes.annotate(
            f"{score.value + 0:.2f}".replace("-0.00", "0.00"),
            (score.high, y),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    axes.axvline(0, color=GREY, lw=0.8)
    axes.set_yticks(range(len(scores), 0, -1), [score.scheme for score in scores])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(0.4, len(scores) + 0.6)
    axes.margins(x=0.1)


def _membership(outcome: Outcome, gate: Mapping[str, Any]) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), width_ratios=(1, 1))
    for place, (name, (false, true)) in enumerate(outcome.notes["curves"].items()):
        style = ("-", "-", (0, (5, 2)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (6, 1)))[place]
        left.plot(
            false, true, color=_colour(name), lw=2 if name == OURS else 1.3, ls=style, label=name
        )
    left.plot([0, 1], [0, 1], color=GREY, lw=0.8)
    left.set_xlabel("false alarms")
    left.set_ylabel("persons found")
    left.legend(frameon=False, loc="lower right")
    left.set_title("A2  Membership, at every threshold")
    scores = [score for score in outcome.scores if score.what == gate["score"]]
    _rows(right, scores)
    right.axvline(gate["most"], color=INK, lw=1, ls="--")
    right.annotate("gate", (gate["most"], 1.01), xycoords=("data", "axes fraction"), ha="center")
    right.set_xlabel("advantage")
    figure.tight_layout()
    return figure


def _averaging(outcome: Outcome, gate: Mapping[str, Any]) -> Any:
    figure, axes = plt.subplots(figsize=(7, 3.8))
    notes = outcome.notes
    for name, key, colour in (("without a ledger", "without", RUST), ("release", "ours", TEAL)):
        axes.plot(notes["publications"], notes[key], "o-", color=colour)
        axes.annotate(
            name,
            (notes["publications"][-1], notes[key][-1]),
            xytext=(8, 0),
            textcoords="offset points",
            color=colour,
            va="center",
        )
    axes.plot(notes["publications"], notes["theory"], color=GREY, lw=1, ls=":")
    axes.axhline(gate["most"], color=INK, lw=1, ls="--")
    axes.annotate("gate", (1, gate["most"]), xytext=(0, 3), textcoords="offset points")
    axes.set_xlabel("publications of one table (dotted: theory, if each had new noise)")
    axes.set_ylabel("advantage on one cell")
    axes.set_ylim(0, None)
    axes.set_title("A7  Averaging")
    return figure


def _sampler(outcome: Outcome, _gate: Mapping[str, Any]) -> Any:
    figure, axes = plt.subplots(figsize=(8, 3.8))
    values = list(range(-EDGE, EDGE + 1))
    promised = outcome.notes["expected"]
    for name, colour, mark in (
        ("rounded normal, sigma 3", RUST, "s"),
        ("rounded normal", GREY, "^"),
        (OURS, TEAL, "o"),
    ):
        ratio = [n / p for n, p in zip(outcome.notes[name], promised, strict=True)]
        axes.plot(values, ratio, mark, color=colour, ms=5, label=name)
    chance = [Z / p**0.5 for p in promised]
    low, high = [1 - c for c in chance], [1 + c for c in chance]
    axes.fill_between(
        values, low, high, color=GREY, alpha=0.2, lw=0, label="95 % of what is promised"
    )
    axes.axhline(1, color=INK, lw=0.8)
    axes.set_xlabel("noise (ends: that or further)")
    axes.set_ylabel("drawn, as a multiple of promised")
    axes.legend(frameon=False)
    axes.set_title(f"A8  Sampler, {sum(promised):,.0f} draws")
    return figure


def _errors(accuracy: Accuracy) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6))
    places = range(len(accuracy.sizes))
    for name, get, colour in (
        ("measurement", lambda size: size.of_measurement, GREY),
        ("value for reading", lambda size: size.of_value, TEAL),
    ):
        left.plot(
            places, [get(size).value for size in accuracy.sizes], "o-", color=colour, label=name
        )
    left.set_ylim(0, None)
    left.set_ylabel("mean error, persons")
    left.legend(frameon=False)
    left.set_title("Mean error of a cell")
    for place, size in enumerate(accuracy.sizes):
        inside = size.within_band
        right.plot([place, place], [inside.low, inside.high], color=TEAL, lw=2.5)
        right.plot([place], [inside.value], "o", color=TEAL)
    right.axhline(accuracy.promised_coverage, color=INK, lw=1, ls="--")
    right.annotate(
        "promised", (0, accuracy.promised_coverage), xytext=(0, 4), textcoords="offset points"
    )
    right.set_ylim(0.95, 1)
    right.set_ylabel("share of cells within ±6")
    right.set_title("Coverage of the band")
    for axes in (left, right):
        axes.set_xticks(places, [size.cells for size in accuracy.sizes])
        axes.set_xlabel("true count")
    figure.tight_layout()
    return figure


def _trend(accuracy: Accuracy) -> Any:
    figure, axes = plt.subplots(figsize=(11, 3.6))
    places = range(len(accuracy.months))
    low, high = ([n + by for n in accuracy.published] for by in (-6, 6))
    axes.fill_between(places, low, high, color=TEAL, alpha=0.15, lw=0)
    axes.plot(places, accuracy.published, color=TEAL, lw=1.3, label="published, ±6")
    axes.plot(places, accuracy.exact, ".", color=INK, ms=4, label="exact")
    years = [n for n, month in enumerate(accuracy.months) if month.endswith("-01")]
    axes.set_xticks(years, [accuracy.months[n][:4] for n in years])
    axes.axhline(0, color=GREY, lw=0.8)
    axes.set_ylabel("victims a month")
    axes.legend(frameon=False, loc="upper left")
    axes.set_title(
        "A known trend: growth a year "
        f"{accuracy.slope_exact - 1:.1%} exact, {accuracy.slope_published - 1:.1%} published"
    )
    return figure


def _rates(accuracy: Accuracy) -> Any:
    rates = accuracy.rates
    figure, axes = plt.subplots(figsize=(8, 0.9 + 0.27 * len(rates)))
    for place, each in enumerate(rates):
        y = len(rates) - place
        ends = [each.published_rate - each.half_width, each.published_rate + each.half_width]
        axes.plot(ends, [y, y], color=TEAL, lw=2.5, label="published, 95 %" if not place else None)
        axes.plot([each.published_rate], [y], "o", color=TEAL, ms=5)
        axes.plot([each.rate], [y], "|", color=INK, ms=13, mew=2, label=None if place else "exact")
    axes.set_yticks(range(len(rates), 0, -1), [f"{each.area} {each.year}" for each in rates])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, None)
    axes.set_xlabel("detected victims per 100,000")
    axes.legend(frameon=False, loc="upper right")
    axes.set_title("SDG 16.2.2, exact and published")
    return figure
