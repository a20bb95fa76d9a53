"""The report: ``docs/attacks.md``, its numbers as JSON, and what the terminal shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.terminal import out, table
from tests.attacks.releases.accuracy import Accuracy
from tests.attacks.releases.scores import Outcome, Score

SAYS: Mapping[str, str] = {
    "A1": "One person is added, L others with them. Who compares what was published before and "
    "after names sex, age and form of that person. Releases are compared in the two ways there "
    "are: final with provisional tables, and an erratum with the table it corrects. Controls print "
    "the same seven tables twice. With 50 others they hide one person too, by the crowd.",
    "A2": "Is a person in the tables? The attacker knows everybody else, and has the exact "
    "likelihood of the noise in all eight cells that the person falls in. Controls print their "
    "seven tables once.",
    "A3": "Cells of form by sex by age, which no release has, are rebuilt from all that it has, by "
    "least squares that lean on the model. Scored on cells of 1 to 3 persons.",
    "A4": "The least and the greatest that such a cell can be, by integer programming. A least "
    "count of 1 proves a person. Noise of a release reaches 26 to either side.",
    "A5": "All of a group are so, because every other value of its row is zero.",
    "A6": "As A3, beside exact national tables that a state prints elsewhere.",
    "A7": "The same table is forced out twelve times. The ledger refuses whatever is of other "
    "records; the same records give the same bytes.",
    "A8": "The keyed sampler against the distribution that is promised.",
}


def show(outcomes: Sequence[Outcome], accuracy: Accuracy | None, verbose: bool = True) -> None:
    """Tables at the terminal."""
    for outcome in outcomes:
        rows = [(s.scheme, s.what, *_numbers(s), s.size) for s in outcome.scores]
        columns = ["scheme", "score", "measured", "95 %", "n"]
        if verbose:
            out.print(table(f"{outcome.attack} {outcome.title}", columns, rows))
        for verdict in outcome.verdicts:
            score = verdict.score
            word = "kept" if verdict.kept else "NOT KEPT"
            out.print(f"{outcome.attack} {word}: {score.scheme}, {score.what}: {verdict.rule}")
    if accuracy is not None:
        rows = [_of_size(size) for size in accuracy.sizes]
        columns = ["true count", "cells", "error", "error, value", "bias, value", "within ±6"]
        out.print(table("Accuracy by size of cell", columns, rows))
        rates = [_rate(each) for each in accuracy.rates]
        columns = ["", "victims", "published", "rate", "published", "±"]
        out.print(table("SDG 16.2.2, exact and published", columns, rates))


def _numbers(score: Score) -> tuple[str, str]:
    if score.low == score.high:
        return f"{score.value:.3g}", ""
    digits = 3 if max(abs(score.low), abs(score.high)) >= 0.002 else 5
    value, low, high = (
        f"{number:.{digits}f}".replace(zero, zero[1:])
        for number in (score.value, score.low, score.high)
        for zero in (f"{-0.0:.{digits}f}",)
    )
    return value, f"{low} to {high}"


def _of_size(size: Any) -> tuple[Any, ...]:
    return (
        size.cells,
        f"{size.number:,}",
        f"{size.of_measurement.value:.2f}",
        f"{size.of_value.value:.2f}",
        f"{size.bias_of_value.value:+.2f}",
        f"{size.within_band.value:.3f}",
    )


def _rate(each: Any) -> tuple[Any, ...]:
    return (
        f"{each.area} {each.year}",
        each.victims,
        f"{each.published_victims:.0f}",
        f"{each.rate:.3f}",
        f"{each.published_rate:.3f}",
        f"{each.half_width:.3f}",
    )


def document(
    outcomes: Sequence[Outcome], accuracy: Accuracy, run: Mapping[str, Any]
) -> dict[str, Any]:
    """All numbers; those of the pictures alone left out."""
    plain = [outcome.plain() for outcome in outcomes]
    for each in plain:
        each["notes"].pop("curves", None)
    return {"run": dict(run), "attacks": plain, "accuracy": accuracy.plain()}


def write(
    docs: Path, outcomes: Sequence[Outcome], accuracy: Accuracy, run: Mapping[str, Any]
) -> None:
    """``attacks.md`` and ``attacks/attacks.json`` in a folder of documents."""
    content = json.dumps(document(outcomes, accuracy, run), indent=1, default=float) + "\n"
    (docs / "attacks").mkdir(parents=True, exist_ok=True)
    (docs / "attacks" / "attacks.json").write_text(content, encoding="utf-8")
    text = "\n".join(_text(outcomes, accuracy, run)) + "\n"
    (docs / "attacks.md").write_text(text, encoding="utf-8")


def _text(outcomes: Sequence[Outcome], accuracy: Accuracy, run: Mapping[str, Any]) -> Iterator[str]:
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    kept = sum(verdict.kept for verdict in verdicts)
    yield "# Attacks on what is published"
    yield ""
    yield (
        "Written by `make attacks`; every number is measured. Eight attacks run against messages "
        f"that the release core made of {run['worlds']} invented worlds of {run['years']} years "
        "each (2,150 cases a year in four countries, 980 to 210), and against tables protected as "
        "offices protect them. Cases and persons are invented. The attacker knows everything but "
        "the keys and the person: code, parameters, and the model that the worlds are drawn from."
    )
    yield ""
    yield (
        "Gates and seeds stood in `tests/attacks/releases/gates.json` before the seeds were "
        "used. A gate is held against the end of a 95 % interval: a release must be below it with "
        "the whole interval, a named control above it. A suite that nothing fails would prove "
        "nothing."
    )
    yield ""
    yield f"**{kept} of {len(verdicts)} verdicts kept.** Seed {run['seed']}."
    yield ""
    yield "| | attack | release | gate | control that breaks |"
    yield "|---|---|---|---|---|"
    for outcome in outcomes:
        yield _line(outcome)
    for outcome in outcomes:
        yield from _section(outcome)
    yield from _accuracy(accuracy)
    yield from _limits(outcomes)


def _line(outcome: Outcome) -> str:
    """The worst of ours beside the control that breaks most."""
    main = [verdict for verdict in outcome.verdicts if verdict.score.what == outcome.main]
    worst = max((v for v in main if v.score.ours), key=lambda verdict: verdict.score.high)
    best = max((v for v in main if not v.score.ours), key=lambda verdict: verdict.score.low)
    place = f"{outcome.attack} {outcome.title}".lower().replace(" ", "-")
    state = worst.rule if outcome.kept else f"{worst.rule}; **not kept**"
    return (
        f"| {outcome.attack} | [{outcome.title}](#{place}): {outcome.main} "
        f"| {_interval(worst.score)} | {state} | {best.score.scheme}: {_interval(best.score)} |"
    )


def _interval(score: Score) -> str:
    number, interval = _numbers(score)
    return f"{number} ({interval})" if interval else number


def _section(outcome: Outcome) -> Iterator[str]:
    yield ""
    yield f"## {outcome.attack} {outcome.title}"
    yield ""
    yield SAYS[outcome.attack]
    yield ""
    yield f"![{outcome.title}: releases beside the controls](attacks/{outcome.attack.lower()}.svg)"
    yield ""
    yield "| scheme | score | measured | 95 % | n |"
    yield "|---|---|---|---|---|"
    for score in outcome.scores:
        yield f"| {score.scheme} | {score.what} | {' | '.join(_numbers(score))} | {score.size:,} |"
    bad = [v for v in outcome.verdicts if not v.kept]
    for verdict in bad:
        yield ""
        yield f"**Not kept:** {verdict.score.scheme}, {verdict.score.what}: {verdict.rule}."


def _accuracy(accuracy: Accuracy) -> Iterator[str]:
    yield ""
    yield "## What the noise costs"
    yield ""
    yield (
        "Mean error of a cell, in persons: of the measurement, which has no bias, and of the value "
        "for reading, which is whole, not negative and adds up. Values are nearer where most cells "
        "are empty, and too high there: compute with measurements."
    )
    yield ""
    yield "![Mean error and coverage by size of cell](attacks/errors.svg)"
    yield ""
    yield "| true count | cells | error, measurement | error, value | bias, value | within ±6 |"
    yield "|---|---|---|---|---|---|"
    for size in accuracy.sizes:
        yield "| " + " | ".join(map(str, _of_size(size))) + " |"
    yield ""
    yield (
        f"Within ±6 is promised for {accuracy.promised_coverage:.2%}. A trend of a sixth more "
        "every year in a small country, month by month: by the sums of years it grows by "
        f"{accuracy.slope_exact - 1:.1%} exactly and by {accuracy.slope_published - 1:.1%} as "
        "published (with chance in both)."
    )
    yield ""
    yield "![A known trend, exact and published](attacks/trend.svg)"
    yield ""
    off = (abs(each.published_rate - each.rate) > each.half_width for each in accuracy.rates)
    missed = sum(off)
    yield "### SDG 16.2.2"
    yield ""
    yield (
        "Detected victims per 100,000, for every country and year of the reference figures: "
        "exact, as counted inside, and from releases. No table tells a country's total by itself; "
        "it is the mean of all tables' sums, each weighed by how few cells it has. ± is 1.96 "
        "deviations of the noise: of twenty such intervals one misses, here "
        f"{missed} of {len(accuracy.rates)}. Below thirty victims the interval is a "
        "third of the rate or more."
    )
    yield ""
    yield "![SDG 16.2.2, exact and published](attacks/sdg-16-2-2.svg)"
    yield ""
    yield "| | victims | published | rate | published rate | ± |"
    yield "|---|---|---|---|---|---|"
    for each in accuracy.rates:
        yield "| " + " | ".join(map(str, _rate(each))) + " |"


def _limits(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield ""
    yield "## Limits"
    yield ""
    for outcome in outcomes:
        for score in outcome.scores:
            if "no gate" in score.what:
                what = score.what.replace(" (a limit, no gate)", "")
                yield f"- {outcome.attack}: {what}: {_interval(score)} of {score.size:,}."
    yield (
        "- Who knows that a person is in the tables and asks which attributes they have faces half "
        "the protection (A2): the person is taken from one cell and put into another."
    )
    yield (
        "- A claim that is likely given what was measured is right as often as it says, under any "
        "noise: it mostly repeats what the model tells of everybody. How seldom one can be made is "
        "what A5 measures."
    )
    yield (
        "- 'Never' is of the trials that were made: the upper end of its interval tells how often "
        "it may happen and not be seen here."
    )
    yield "- Exact tables that a state prints elsewhere are outside the guarantee (A6)."
    yield (
        "- Worlds are invented. Real registers may be more skewed; the guarantee does not depend "
        "on that, the scores of A3, A5 and A6 do."
    )
