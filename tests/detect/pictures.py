"""A picture for each detector: found, missed, false, over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from deploy.simulate.truth import Change
from processors.alerts.facts import Month
from tests.attacks.releases.pictures import GREY, INK, RUST, STYLE, TEAL, _save, mpl
from tests.detect.corridors import KINDS, Looked
from tests.detect.rises import Rises
from tests.detect.scores import Score
from tests.detect.worlds import (
    Outcome,
    Passed,
    false_displacements,
    false_surges,
    when_found,
)

MARKS = {"registers": "s", "ledgers": "^", "published": "o"}
COLOURS = {"registers": GREY, "ledgers": INK, "published": TEAL}
False_ = Callable[[Sequence[Change], Sequence[Looked]], list[Month]]


def draw_all(
    folder: Path, outcomes: Sequence[Outcome], scores: dict[str, Score], rises: Rises
) -> list[Path]:
    """All pictures; the paths of those written."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        drawn = {name.lower(): _networks(name, outcomes, score) for name, score in scores.items()}
        drawn["d3"] = _surges(outcomes, rises)
        drawn["d4"] = _displacements(outcomes, rises)
        return [_save(figure, folder / f"{name}.svg") for name, figure in drawn.items()]


def _networks(detector: str, outcomes: Sequence[Outcome], score: Score) -> Any:
    """A line for each network, in the order in which they begin, and one for false alarms."""
    passed = [
        (p, outcome.truth.first)
        for outcome in outcomes
        for p in outcome.passed[detector]
        if p.is_chain or detector != "D5"
    ]
    passed.sort(key=lambda pair: (pair[0].begins - pair[1], pair[0].name))
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.075 * len(passed)))
    for row, (each, first) in enumerate(passed):
        _network(axes, row, each, first)
    false = [
        alert.month - outcome.truth.first
        for outcome in outcomes
        for alert in outcome.alerts
        if alert.detector == detector and alert.network is None
    ]
    axes.plot(false, [-3] * len(false), "x", color=RUST, ms=6, label=f"false alarm ({len(false)})")
    _legend_of_networks(axes, score)
    axes.set_ylim(len(passed) + 1, -6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"month, {len(outcomes)} worlds over each other; a line for each network")
    axes.set_title(f"{detector}  Planted networks, found and missed")
    return figure


def _network(axes: Axes, row: int, each: Passed, first: Month) -> None:
    begins = each.begins - first
    if each.found is None:
        axes.plot([begins], [row], "o", mfc="white", mec=RUST, ms=4.5)
        return
    axes.plot([begins, each.found - first], [row, row], color=GREY, lw=1)
    if each.knowable is not None:
        ends = [each.knowable - first, each.found - first]
        axes.plot(ends, [row, row], color=TEAL, lw=2.4, solid_capstyle="butt")
    axes.plot([each.found - first], [row], "o", color=TEAL, ms=4.5)


def _legend_of_networks(axes: Axes, score: Score) -> None:
    found, missed = score.recall.part, score.recall.whole - score.recall.part
    axes.plot([], [], color=GREY, lw=1, label="from the first case")
    axes.plot([], [], color=TEAL, lw=2.4, label="from when ledgers held enough")
    axes.plot([], [], "o", color=TEAL, ms=4.5, label=f"found ({found})")
    axes.plot([], [], "o", mfc="white", mec=RUST, ms=4.5, label=f"missed ({missed})")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _surges(outcomes: Sequence[Outcome], rises: Rises) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), width_ratios=(1, 1.2))
    for name, colour in (("exact", INK), ("noisy", TEAL)):
        curve = rises.curves[name]
        share = rises.found[name].value
        label = f"{name}: {share:.2f} within three months"
        left.plot(curve.months, curve.alarms, "o-", ms=3.5, color=colour, label=label)
    left.axvline(-0.5, color=GREY, lw=0.8, ls=":")
    left.annotate("false", (-0.7, 0.62), ha="right", color=GREY)
    left.annotate("found", (-0.3, 0.62), color=GREY)
    left.set_xlabel("month; from 0 on five cases a month are ten")
    left.set_ylabel("series with an alarm so far")
    left.set_ylim(0, 1)
    left.legend(frameon=False, loc="upper left")
    left.set_title("D3  Many series")
    _changes(right, outcomes, "surge", false_surges)
    right.set_title("D3  Corridors of the worlds, by quarter")
    figure.tight_layout()
    return figure


def _displacements(outcomes: Sequence[Outcome], rises: Rises) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.4), width_ratios=(1, 1.2))
    bars = [
        (f"{what}, {name}", shares[name], colour)
        for what, shares, colour in (("found", rises.displaced, TEAL), ("false", rises.false, RUST))
        for name in ("exact", "noisy")
    ]
    for place, (_, share, colour) in enumerate(bars):
        left.plot(share.interval, [-place, -place], color=colour, lw=2.5, solid_capstyle="butt")
        left.plot([share.value], [-place], "o", color=colour)
        left.annotate(
            f"{share.value:.2f}",
            (share.value, -place),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
        )
    left.set_yticks([-place for place in range(len(bars))], [name for name, _, _ in bars])
    left.set_xlim(-0.03, 1.03)
    left.set_ylim(0.6 - len(bars), 0.6)
    left.set_xlabel("share; twenty cases a month fall to eight, for three months")
    left.set_title("D4  Many series")
    _changes(right, outcomes, "displacement", false_displacements)
    right.set_title("D4  Corridors of the worlds, by quarter")
    figure.tight_layout()
    return figure


def _changes(axes: Axes, outcomes: Sequence[Outcome], kind: str, false: False_) -> None:
    """A line for each planted change, a mark for each kind of counts in which it was found."""
    planted = list(_planted(outcomes, kind))
    for row, (outcome, change) in enumerate(planted):
        start = change.start - outcome.truth.first
        axes.plot([start, start + change.months], [row, row], color=GREY, lw=1)
        for shift, name in enumerate(KINDS):
            found = when_found(change, outcome.looked[name])
            mark = {"color": COLOURS[name], "ms": 6, "marker": MARKS[name], "ls": ""}
            if found is not None:
                axes.plot([found - outcome.truth.first + 0.35 * (shift - 1)], [row], **mark)
    for shift, name in enumerate(KINDS):
        wrong = [
            month + 2 - outcome.truth.first + 0.35 * (shift - 1)
            for outcome in outcomes
            for month in false(outcome.truth.changes, outcome.looked[name])
        ]
        found = sum(when_found(c, o.looked[name]) is not None for o, c in planted)
        label = f"{name}: {found} of {len(planted)}, {len(wrong)} false"
        axes.plot([], [], MARKS[name], color=COLOURS[name], ms=6, label=label)
        axes.plot(wrong, [-1.0 - 0.5 * shift] * len(wrong), "x", color=RUST, ms=6)
    axes.set_yticks(range(len(planted)), [_name(change) for _, change in planted])
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.set_ylim(len(planted), -2.6)
    axes.set_xlabel("month of the world; line: how long it lasts; crosses above: false")
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    first, last = outcomes[0].truth.first, outcomes[0].truth.last
    axes.set_xlim(0, last - first + 2)


def _planted(outcomes: Sequence[Outcome], kind: str) -> Iterator[tuple[Outcome, Change]]:
    changes = [(o, c) for o in outcomes for c in o.truth.changes if c.kind == kind]
    yield from sorted(changes, key=lambda pair: (pair[1].ratio, pair[1].origin, pair[1].country))


def _name(change: Change) -> str:
    if change.fell_in:
        return f"{change.origin}: {change.fell_in} to {change.country}"
    return f"{change.origin} in {change.country}, x {change.ratio:g}"
