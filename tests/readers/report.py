"""What was measured, in numbers: it judges nothing but whether anybody was failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from deploy.terminal import out, table
from tests.readers.trial import Outcome, expected

SHARES = (0.5, 0.95, 0.99, 1.0)
NAMES = ("p50 ms", "p95 ms", "p99 ms", "max ms")
BESIDE = ("chart", "style, script", "download")
"""How kinds of answers begin that are no pages."""
WAITS = (
    "a page while all come",
    "a page afterwards",
    "a chart while all come",
    "a chart afterwards",
    "from the broker to the event",
    "from the event to the page",
)
"""What is told of all kinds together. Whoever comes first finds a console that has made nothing
yet."""


def quantiles(seconds: Sequence[float]) -> list[float]:
    """In milliseconds, the nearest of what was measured; none of nothing.

    Example:
        >>> quantiles([0.004, 0.001, 0.002, 0.003])
        [2.0, 4.0, 4.0, 4.0]
    """
    rising = sorted(seconds)
    last = len(rising) - 1
    places = [
        min(last, max(0, -(-int(share * 1000) * len(rising) // 1000) - 1)) for share in SHARES
    ]
    return [round(rising[place] * 1000, 1) for place in places] if rising else []


def problems(outcome: Outcome) -> Counter[str]:
    """Everything that nobody should have met, and how often."""
    found = Counter(error for _, notes in outcome.people for error in notes.errors)
    for name, notes in outcome.people:
        last = expected(name, outcome.before, outcome.published)
        found["a reader who was not told of everything"] += notes.heard[-1].number != last
        found["a reader who does not see the newest"] += notes.shown != last
    return +found


def until_told(outcome: Outcome) -> list[float]:
    """Seconds from the broker having something until a reader was told, for each who was."""
    found = []
    for name, notes in outcome.people:
        number = outcome.before[name]
        for batch in outcome.published:
            meant = sum(one.is_for(name) for one in batch.news)
            number += meant
            at = next((one.at for one in notes.heard if one.number >= number), None)
            if meant and at is not None:
                found.append(max(0.0, at - batch.at))
    return found


def by_phase(outcome: Outcome, *, pages: bool, before: bool) -> list[float]:
    """Seconds that pages or charts took, before all readers had come or after."""
    return [
        answer.seconds
        for _, notes in outcome.people
        for answer in notes.answers
        if (answer.at < outcome.came) is before
        and (not answer.kind.startswith(BESIDE) if pages else answer.kind == "chart")
    ]


def document(outcome: Outcome) -> dict[str, Any]:
    """All of it as one JSON object."""
    took, sizes = defaultdict(list), Counter[str]()
    for _, notes in outcome.people:
        for answer in notes.answers:
            took[answer.kind].append(answer.seconds)
            sizes[answer.kind] += answer.size
    waits = [
        by_phase(outcome, pages=pages, before=before)
        for pages in (True, False)
        for before in (True, False)
    ]
    again = [one for _, notes in outcome.people for one in notes.again]
    waits += [until_told(outcome), again]
    return {
        "readers": outcome.extent.readers,
        "seconds": round(outcome.seconds, 1),
        "answers": {
            kind: {
                "number": len(took[kind]),
                "bytes": sizes[kind] // len(took[kind]),
                **dict(zip(NAMES, quantiles(took[kind]), strict=True)),
            }
            for kind in sorted(took)
        },
        "waits": {
            what: dict(zip(NAMES, quantiles(found), strict=False))
            for what, found in zip(WAITS, waits, strict=True)
        },
        "signed in within s": round(outcome.signing_in, 1),
        "console": {
            "processor %": round(100 * outcome.processor / outcome.seconds, 1),
            "MiB before": outcome.resident[0] >> 20,
            "MiB at most": outcome.resident[1] >> 20,
        },
        "events": sum(len(notes.heard) for _, notes in outcome.people),
        "told that the broker is away": sum(
            any(one.standing != "live" for one in notes.heard) for _, notes in outcome.people
        ),
        "bytes": sum(sizes.values()),
        "problems": dict(problems(outcome)),
    }


def show(told: dict[str, Any]) -> None:
    """The same for people."""
    columns = ["answer", "number#", "bytes#", *(f"{name}#" for name in NAMES)]
    rows = [[kind, *values.values()] for kind, values in told["answers"].items()]
    title = f"{told['readers']} readers with open streams, {told['seconds']} s"
    out.print(table(title, columns, rows))
    waits = [[what, *values.values()] for what, values in told["waits"].items()]
    out.print(table("Together", ["", *columns[3:]], waits))
    console = told["console"]
    out.print(
        f"console: {console['processor %']} % of a processor, {console['MiB before']} MiB before"
        f" readers came, {console['MiB at most']} at most"
    )
    out.print(f"all signed in from one address within {told['signed in within s']} s")
    out.print(f"{told['events']} events, {told['bytes']:,} bytes of answers")
    if told["told that the broker is away"]:
        out.print("for a while the broker did not answer in time, and readers were told so")
    for problem, times in told["problems"].items():
        out.print(f"[bold red]{times} times[/] {problem}")
    if not told["problems"]:
        out.print("no errors; everybody heard everything and sees the newest")
