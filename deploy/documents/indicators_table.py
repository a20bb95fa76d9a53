"""Renders ``docs/indicators.md``: the catalogue, the formulas, and the counting rules."""

from __future__ import annotations

from deploy.documents.markdown import code, document, table
from processors.indicators.dimensions import DIMENSIONS
from processors.indicators.formulas import (
    FORMULAS,
    Bands,
    Count,
    Formula,
    NotCounted,
    Parts,
    Share,
)
from processors.indicators.query import LOW_RELIABILITY
from processors.indicators.rule import PERIOD_OF_FACT
from processors.indicators.rules import RULES, Match, Once, Rule
from processors.indicators.select import Select, is_multiple
from processors.indicators.sequences import FAULTS, Check, Fault
from schemas.codelists import codelist
from schemas.indicators import Indicator, catalogue

_ONCE = {
    Once.EVER: "once, at the first",
    Once.PERIOD: "once a period",
    Once.EACH: "every one",
}
_CHECKS = {
    Check.WITHOUT: "and none of",
    Check.BEFORE: "before the first of",
    Check.DIFFERS: "says otherwise than",
}


def render() -> str:
    """The document."""
    multiple = [name for name, dimension in DIMENSIONS.items() if dimension.multiple]
    return document(
        "# Indicators",
        "Exact counts are internal state of the platform: they are read by its operator with"
        " `southmed indicators show` and leave it only as releases, tables with noise on a"
        " calendar. All figures are detections by authorities, never an estimate of prevalence.",
        "## Catalogue",
        "Arabic names are unreviewed. Status: in which status persons or cases are counted; figures"
        " of two statuses are never compared. Frequencies: M month, Q quarter, A year. Breakdowns"
        " marked * are of several values a person: their parts do not add up.",
        table(
            [
                "code",
                "English",
                "French",
                "Arabic",
                "status",
                "unit",
                "frequencies",
                "breakdowns",
                "standard",
                "mind",
            ],
            [_indicator(entry) for entry in catalogue().values()],
        ),
        "## How they are computed",
        f"A share or rate from fewer than {LOW_RELIABILITY} has the status `U` (low reliability)"
        " where it is a percentage; what cannot be computed is missing (`O`), never zero. Unknown"
        " values are left out of the denominator of a share, and how many they are is told beside"
        " it; `southmed indicators unknown` tells it for every dimension. A share by parts is that"
        " of each value among the known. Where values are bands of days, the median is the band by"
        " whose end half of the known are reached. Where a quarter counts more than its months"
        " together, because an authority told some of it without the month, its months are"
        " suppressed (`Q`) and not told in part.",
        table(
            ["indicator", "formula"],
            [[code(name), formula_text(formula)] for name, formula in FORMULAS.items()],
        ),
        "## What is counted",
        "A subject is a case, a victim in a case, or a suspect in a case. What it adds to the cells"
        " follows from all its events that stand at present, so a correction takes back exactly"
        f" what was counted before. {code(*multiple)} may have several values, so their parts do"
        " not add up; the total stands under `_T`.",
        table(
            ["measure", "counts", "how often", "if it also has", "unless it has", "by", "periods"],
            [_rule(rule) for rule in RULES],
        ),
        "A measure counts in the period of the fact; `DQ_LATE` counts in that in which the fact was"
        " first accepted: when the first batch that told it was sealed. The ledger keeps this day"
        " with every fact; corrections do not change it.",
        "## What cannot have happened",
        "Findings are counted as `DQ_SEQ`, in the quarter of the event at fault, one a kind and"
        " subject. Nothing is corrected: the events count as they are told, until their authority"
        " corrects or withdraws one. Where a month is hidden, quarters are compared.",
        table(["finding", "event", "fault", "of"], [_fault(fault) for fault in FAULTS]),
    )


def _indicator(entry: Indicator) -> list[str]:
    unit = codelist("CL_UNIT").label(entry.unit)
    status = codelist("CL_COUNT_STATUS").label(entry.status)
    breakdowns = [f"{code(name)}{'*' if is_multiple(name) else ''}" for name in entry.breakdowns]
    return [
        code(entry.code),
        *(entry.names[language] for language in ("en", "fr", "ar")),
        status,
        unit,
        " ".join(entry.frequencies),
        ", ".join(breakdowns),
        entry.standard,
        entry.caveats["en"],
    ]


def formula_text(formula: Formula) -> str:
    """How an indicator follows from what was counted, in Markdown."""
    match formula:
        case Count():
            return _selected(formula.of)
        case Share():
            return f"100 × {_selected(formula.of)} / {_selected(formula.among)}"
        case Parts():
            return f"parts of {_selected(formula.of)} by {code(*formula.along)}, of the known"
        case Bands():
            return f"parts of {_selected(formula.of)} by {code(formula.along)}, and the median band"
        case NotCounted():
            return formula.reason
        case _:
            return f"100,000 × {_selected(formula.of)} / residents at mid-year"


def counting_text(code_of_indicator: str) -> list[str]:
    """The rules by which what an indicator follows from is counted, in Markdown."""
    text = formula_text(FORMULAS[code_of_indicator])
    return [
        f"{code(rule.measure)}: {told[1]}, {told[2]}"
        for rule in RULES
        if code(rule.measure) in text
        for told in [_rule(rule)]
    ]


def _selected(select: Select) -> str:
    told = ", ".join(select.told())
    return code(select.measure) + (f" where {told}" if told else "")


def _rule(rule: Rule) -> list[str]:
    watched = "watched fields of " if rule.by and rule.by[0].startswith("DIMENSION") else ""
    number = "participants of " if rule.split else watched
    once = _ONCE[rule.once] + (f" by the shortest {code(rule.shortest)}" if rule.shortest else "")
    return [
        code(rule.measure),
        number + _match(rule.counts),
        once,
        ", ".join(map(_match, rule.given)),
        ", ".join(map(_match, rule.unless)),
        code(*rule.dimensions),
        " ".join(rule.frequencies) + ("" if rule.dated == PERIOD_OF_FACT else " of acceptance"),
    ]


def _fault(fault: Fault) -> list[str]:
    check = f"{code(fault.field)} {_CHECKS[fault.check]}" if fault.field else _CHECKS[fault.check]
    return [code(fault.kind), _match(fault.event), check, " or ".join(map(_match, fault.others))]


def _match(match: Match) -> str:
    if match.event_type == "*":
        return "every event"
    asked = f"{match.field} = {' or '.join(match.values)}"
    return code(match.event_type) + (f" with {code(asked)}" if match.field else "")
