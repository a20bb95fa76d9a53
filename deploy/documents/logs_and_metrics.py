"""Renders ``docs/logs-and-metrics.md``: all that a running process tells."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from deploy.documents.markdown import code, document, table
from deploy.running import lines as process_lines
from deploy.running.health import PATHS
from processors.intake import lines as intake_lines
from processors.intake.metrics import INTAKE_METRICS
from processors.linkage import lines as linkage_lines
from processors.linkage.metrics import LINKAGE_METRICS
from producers import lines as publisher_lines
from producers.metrics import PUBLISHER_METRICS
from schemas.log_lines import FIELDS, Field, LogLine, lines_of
from schemas.metrics import OTHER, SHARED, Metric

MODULES: tuple[ModuleType, ...] = (intake_lines, publisher_lines, linkage_lines, process_lines)
LINES: tuple[LogLine, ...] = tuple(line for module in MODULES for line in lines_of(module))
"""Every line that any process may log."""
METRICS: dict[str, Sequence[Metric]] = {
    "Every process": SHARED,
    "Intake worker": [metric for metric in INTAKE_METRICS if metric not in SHARED],
    "Adapter": [metric for metric in PUBLISHER_METRICS if metric not in SHARED],
    "Trustee": [metric for metric in LINKAGE_METRICS if metric not in SHARED],
}


def render() -> str:
    """The document."""
    return document(
        "# Logs and metrics",
        "All that a running process tells, and nothing else. No log line, label or answer has room"
        " for a value of a register or of an event.",
        "## Log lines",
        "One JSON object a line on standard error, with `timestamp` (UTC), `level`, `event`,"
        " `component` and the fields of the line; in short form on a terminal. Lines of level"
        " `info` are told with `--verbose`. A value that does not look as its field's values do is"
        " told as `?`.",
        table(
            ["event", "component", "level", "fields", "meaning", "what to do"],
            [_line(line) for line in LINES],
        ),
        "Every field that a line may have, and what its values look like:",
        table(
            ["field", "looks like", "says"],
            [[code(name), _shape(field), field.meaning] for name, field in FIELDS.items()],
        ),
        "## Health",
        "With `--health PORT` (or `SOUTHMED_HEALTH`), `southmed intake run`, `southmed adapter run"
        " --follow` and `southmed linkage serve` serve three paths on that port of 127.0.0.1;"
        " without it they open no port."
        " `southmed health --port PORT [--ready]` asks them and exits 0 or 1. The first two answer"
        ' `{"ok": ..., "checks": {...}}`.',
        table(["path", "tells"], [[code(path), meaning] for path, meaning in PATHS.items()]),
        "## Metrics",
        f"Labels are closed sets; a value outside of them is counted as `{OTHER}`. Beside these,"
        " a process tells what Prometheus's client knows of it (`process_*`, `python_*`).",
        *(
            block
            for title, metrics in METRICS.items()
            for block in (f"### {title}", table(HEADER, [_metric(metric) for metric in metrics]))
        ),
    )


HEADER = ["name", "type", "labels", "meaning"]


def _line(line: LogLine) -> list[str]:
    fields = code(*line.fields)
    return [code(line.event), line.component, line.level, fields, line.meaning, line.advice]


def _shape(field: Field) -> str:
    return field.shape if isinstance(field.shape, str) else code(field.shape.pattern)


def _metric(metric: Metric) -> list[str]:
    return [code(metric.name), metric.kind, code(*metric.labels), metric.meaning]
