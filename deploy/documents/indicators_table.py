"""Renders ``docs/indicators.md``: the catalogue, the formulas, and the counting rules."""

from __future__ import annotations

from deploy.documents.markdown import code, document, table
from processors.indicators.dimensions import DIMENSIONS
from processors.indicators.query import FORMULAS, LOW_RELIABILITY, Count, Formula, Select, Share
from processors.indicators.rules import RULES, Match, Once, Rule
from schemas.codelists import codelist
from schemas.indicators import Indicator, catalogue

_ONCE = {
    Once.EVER: "once, at the first",
    Once.PERIOD: "once a period",
    Once.EACH: "every one",
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
        "Arabic names are unreviewed. Frequencies: M month, Q quarter, A year.",
        table(
            [
                "code",
                "English",
                "French",
                "Arabic",
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
        " where it is a percentage; what cannot be computed is missing (`O`), never zero."
        " Unknown values are left out of the denominator of a share. Where a quarter counts more"
        " than its months together, because an authority told some of it without the month, its"
        " months are suppressed (`Q`) and not told in part.",
        table(
            ["indicator", "formula"],
            [[code(name), _formula(formula)] for name, formula in FORMULAS.items()],
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
    )


def _indicator(entry: Indicator) -> list[str]:
    unit = codelist("CL_UNIT").label(entry.unit)
    return [
        code(entry.code),
        *(entry.names[language] for language in ("en", "fr", "ar")),
        unit,
        " ".join(entry.frequencies),
        code(*entry.breakdowns),
        entry.standard,
        entry.caveat,
    ]


def _formula(formula: Formula) -> str:
    if isinstance(formula, Count):
        return _selected(formula.of)
    if isinstance(formula, Share):
        return f"100 × {_selected(formula.of)} / {_selected(formula.among)}"
    return f"100,000 × {_selected(formula.of)} / residents at mid-year"


def _selected(select: Select) -> str:
    some = "" if select == Select(select.measure) else "selected cells of "
    return some + code(select.measure)


def _rule(rule: Rule) -> list[str]:
    number = "participants of " if rule.split else ""
    by = (*rule.by, "SEX") if rule.split else rule.by
    return [
        code(rule.measure),
        number + _match(rule.counts),
        _ONCE[rule.once],
        ", ".join(map(_match, rule.given)),
        ", ".join(map(_match, rule.unless)),
        code(*by),
        " ".join(rule.frequencies),
    ]


def _match(match: Match) -> str:
    if match.event_type == "*":
        return "watched fields of every event"
    condition = f" with {code(f'{match.field} = {match.value}')}" if match.field else ""
    return code(match.event_type) + condition
