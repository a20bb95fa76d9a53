"""The report: ``docs/detection.md``, its numbers as JSON, and what the terminal shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deploy.simulate.truth import Change, told
from deploy.terminal import out, table
from processors.alerts.facts import Month
from tests.detect.corridors import KINDS
from tests.detect.rises import Rises
from tests.detect.scores import Rate, Score, Verdict
from tests.detect.worlds import Outcome, false_displacements, false_surges, when_found

TITLES = {
    "D1": "Shared identifiers",
    "D2": "Growth across borders",
    "D5": "Recruited here, moved there, exploited elsewhere",
    "D3": "Surges of a corridor",
    "D4": "Displacements",
}
COLUMNS = (
    "precision",
    "networks found",
    "of those ledgers could show",
    "months from first case",
    "months since ledgers held enough",
    "false alarms a year",
)
Kept = Sequence[Verdict]


def show(scores: Mapping[str, Score], rises: Rises, kept: Kept, run: Mapping[str, Any]) -> None:
    """Tables at the terminal."""
    rows = [(name, *_row(score)) for name, score in scores.items()]
    out.print(table(f"planted networks, {len(run['seeds'])} worlds", ["", *COLUMNS], rows))
    lines = [
        (f"{what}, {name}", _share(share))
        for what, shares in (
            ("D3 doubling found in three months", rises.found),
            ("D4 displacement found in three months", rises.displaced),
            ("D4 told falsely", rises.false),
        )
        for name, share in shares.items()
    ]
    out.print(table("many series", ["", "share (95 %)"], lines))
    for verdict in kept:
        word = "kept" if verdict.kept else "NOT KEPT"
        gate = f"gate {verdict.gate:g}, measured {verdict.measured}, n {verdict.of}"
        out.print(f"{verdict.detector} {word}: {verdict.what}: {gate}")


def document(
    outcomes: Sequence[Outcome],
    scores: Mapping[str, Score],
    rises: Rises,
    kept: Kept,
    run: Mapping[str, Any],
) -> dict[str, Any]:
    """All numbers."""
    return {
        "run": dict(run),
        "verdicts": [asdict(verdict) for verdict in kept],
        "scores": {name: asdict(score) for name, score in scores.items()},
        "rises": asdict(rises),
        "worlds": [
            {
                "seed": o.truth.seed,
                "sightings": o.sightings,
                "counts": o.truth.counts,
                "alerts": [asdict(alert) for alert in o.alerts],
                "passed": {name: [asdict(p) for p in passed] for name, passed in o.passed.items()},
            }
            for o in outcomes
        ],
    }


def write(
    docs: Path,
    outcomes: Sequence[Outcome],
    scores: Mapping[str, Score],
    rises: Rises,
    kept: Kept,
    run: Mapping[str, Any],
) -> None:
    """``detection.md`` and ``detection/detection.json`` in a folder of documents."""
    (docs / "detection").mkdir(parents=True, exist_ok=True)
    content = json.dumps(document(outcomes, scores, rises, kept, run), indent=1, default=float)
    (docs / "detection" / "detection.json").write_text(content + "\n", encoding="utf-8")
    text = "\n".join(_text(outcomes, scores, rises, kept, run)) + "\n"
    (docs / "detection.md").write_text(text, encoding="utf-8")


# --- The page -------------------------------------------------------------------------------------


def _text(
    outcomes: Sequence[Outcome],
    scores: Mapping[str, Score],
    rises: Rises,
    kept: Kept,
    run: Mapping[str, Any],
) -> Iterator[str]:
    good = sum(verdict.kept for verdict in kept)
    years = run["years"]
    sightings = sum(o.sightings for o in outcomes) / len(outcomes)
    records = sum(o.truth.counts["records"] for o in outcomes) / len(outcomes)
    yield from (
        "# How well networks and surges are found",
        "",
        "Written by `make detect`; every number is measured. What the detectors are: "
        "[detectors.md](detectors.md).",
        "",
        f"{len(outcomes)} invented worlds of {years} years each were lived through, month by "
        f"month, on the real way: {records:,.0f} records a world in the formats of four registers, "
        "read by their adapters, the gate included; tokens from a trustee, its quota included; "
        f"sealed batches; the fold; {sightings:,.0f} sightings standing in the ledgers in the end. "
        "What detectors were asked of each month is what stood there then. Planted in each world: "
        f"{len(outcomes[0].truth.networks)} networks of 5 to 25 cases in 2 or 3 countries over 6 "
        "to 14 months, half of them chains; three surges, one displacement. Each of those cases "
        "notes an identifier of its network, which is easier than life. Around them: hotlines "
        "and embassies (on the stop list), local reuse of numbers, a number that went to another "
        "owner abroad, typing errors, corrections, withdrawals, late entries, seasons, a country "
        "that is silent for two months, and one that enters most of a year in December.",
        "",
        f"`southmed simulate --seed {outcomes[0].truth.seed} --years {years} --out FOLDER` writes "
        "such a world: the registers as they stand in the end, and the truth in `truth.json`. All "
        "of it is invented.",
        "",
        "Gates and seeds stood in `tests/detect/gates.json` before the seeds were used. In a first "
        "run D4 missed its gate: it found 0.959 (0.949 to 0.966) of 2,000 displacements, and 0.957 "
        "of 24,000 on other seeds. What it misses is the rise, 60 cases in three months that "
        "become 96. So the tails of its counts were taken as mid-p: 0.961 on those other seeds, "
        "and of the pairs told 0.058 were false instead of 0.052. The figures of D3 and D4 below "
        "are of seeds that were drawn after that, and of ten times as many displacements.",
        "",
        f"**{good} of {len(kept)} gates kept.** Intervals are at 95 %.",
        "",
        "| | measured | n | gate | |",
        "|---|---|---:|---:|---|",
    )
    for v in kept:
        word = "kept" if v.kept else "**not kept**"
        yield f"| {v.detector} {v.what} | {v.measured} | {v.of:,} | {v.gate:g} | {word} |"
    yield from ("", *_networks(scores, outcomes), "", *_surges(outcomes, rises))
    yield from ("", *_displacements(outcomes, rises), "", *_bounds(outcomes))


def _networks(scores: Mapping[str, Score], outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from (
        "## Networks",
        "",
        "An alert is one message; what is told again because it doubled is one more. A network of "
        "which too little was ever noted counts as missed. Time runs from a network's first case, "
        "and from when ledgers held enough for the detector's own definition. The months between "
        "are the registers' (entering), and the gate's: D2 and D5 count a case once another event "
        "of it stands, and events of persons and cases wait until their quarter is over.",
        "",
        f"| | {' | '.join(COLUMNS)} |",
        f"|---|{'---|' * len(COLUMNS)}",
    )
    for name, score in scores.items():
        yield f"| {name} | {' | '.join(_row(score))} |"
    for name, score in scores.items():
        waits = f"Months since registers held enough: {score.from_registers or 'never'}."
        yield from (
            "",
            f"### {name} {TITLES[name]}",
            "",
            f"{waits} {_by_world(name, outcomes)}",
            "",
            f"![{name}: networks found, missed, false, over time](detection/{name.lower()}.svg)",
        )


def _by_world(detector: str, outcomes: Sequence[Outcome]) -> str:
    parts = []
    for o in outcomes:
        passed = [p for p in o.passed[detector] if p.is_chain or detector != "D5"]
        found = sum(p.found is not None for p in passed)
        false = sum(a.detector == detector and a.network is None for a in o.alerts)
        parts.append(f"{found} of {len(passed)} and {false} false (seed {o.truth.seed})")
    return f"By world: {'; '.join(parts)}."


def _surges(outcomes: Sequence[Outcome], rises: Rises) -> Iterator[str]:
    found = "; ".join(f"{name} {_share(share)}" for name, share in rises.found.items())
    yield from (
        f"## D3 {TITLES['D3']}",
        "",
        "Rates come from many series at once (`tests/detect/surges.py`): five cases a month "
        f"double; found within three months, at one false alarm in 228 months: {found}.",
        "",
        "![D3: found, missed, false, over time](detection/d3.svg)",
        "",
        "In the worlds, by quarter and over all 52 corridors together, as the table of corridors "
        "is published. *registers* is what authorities know at home, *ledgers* what their gates "
        f"let out, *published* the same with noise. Of all identified victims, {_told(outcomes)} "
        "have an origin in the ledgers that is told finely enough to be of a corridor.",
        "",
        *_changes(outcomes, "surge"),
    )


def _displacements(outcomes: Sequence[Outcome], rises: Rises) -> Iterator[str]:
    found = "; ".join(f"{name} {_share(share)}" for name, share in rises.displaced.items())
    false = "; ".join(f"{name} {_share(share)}" for name, share in rises.false.items())
    yield from (
        f"## D4 {TITLES['D4']}",
        "",
        "Twenty cases a month fall to eight in one country and rise by as many in another; found "
        f"at the end of three months: {found}. Of the pairs told, false: {false}.",
        "",
        "![D4: found, missed, false, over time](detection/d4.svg)",
        "",
        *_changes(outcomes, "displacement"),
    )


def _changes(outcomes: Sequence[Outcome], kind: str) -> Iterator[str]:
    wrong = false_surges if kind == "surge" else false_displacements
    yield f"| planted | {' | '.join(f'found in {name}' for name in KINDS)} |"
    yield f"|---|{'---|' * len(KINDS)}"
    planted = [(o, c) for o in outcomes for c in o.truth.changes if c.kind == kind]
    for outcome, change in sorted(planted, key=lambda p: (p[1].ratio, p[0].truth.seed)):
        cells = (_after(change, when_found(change, outcome.looked[name])) for name in KINDS)
        yield f"| {_change(change)} (seed {outcome.truth.seed}) | {' | '.join(cells)} |"
    years = sum(len(o.looked[KINDS[0]]) for o in outcomes) / 4
    rates = (
        Rate(sum(len(wrong(o.truth.changes, o.looked[name])) for o in outcomes), years)
        for name in KINDS
    )
    yield f"| false alarms a year | {' | '.join(map(str, rates))} |"


def _told(outcomes: Sequence[Outcome]) -> str:
    held, finely = (sum(o.victims[kind] for o in outcomes) for kind in ("registers", "ledgers"))
    return f"{finely / max(held, 1):.0%}"


def _change(change: Change) -> str:
    left = change.fell_in
    where = f"from {left} to {change.country}" if left else f"in {change.country}"
    ratio = f"down to {change.ratio:g}" if change.fell_in else f"times {change.ratio:g}"
    return f"{change.origin} {where}, {ratio}, from {told(change.start)}"


def _after(change: Change, found: Month | None) -> str:
    return "no" if found is None else f"{found - change.start + 1} months"


def _bounds(outcomes: Sequence[Outcome]) -> Iterator[str]:
    quarters = sum(len(o.looked[KINDS[0]]) for o in outcomes)
    yield from (
        "## What this does not say",
        "",
        "- The generator is clean, and life is not: nobody here changes a telephone after a month "
        "because the last one was seized.",
        "- The forms of Tunisia and Lebanon ask for the recruiter alone. A chain that ends there "
        "is not seen as one; planted chains end in Morocco or Jordan.",
        "- One register a country. Several would say more, and contradict each other.",
        f"- Surges of the worlds rest on {quarters} quarters looked at. They show what the way to "
        "a published table costs; rates come from the many series.",
        "- Months told are those of readings, on the third day of the next month. A country that "
        "is not read is late by as long.",
    )


# --- Numbers --------------------------------------------------------------------------------------


def _row(score: Score) -> tuple[str, ...]:
    return (
        str(score.precision),
        str(score.recall),
        str(score.reach),
        str(score.from_event or "-"),
        str(score.from_ledgers or "-"),
        str(score.false),
    )


def _share(share: Any) -> str:
    low, high = share.interval
    return f"{share.value:.3f} ({low:.3f} to {high:.3f})"
