"""What the process of alerts may log."""

from __future__ import annotations

from schemas.log_lines import LogLine

ANSWER_PASSED_OVER = LogLine(
    "alerts",
    "answer_passed_over",
    "warning",
    ("code",),
    "A record on a topic of assessments is none of the reader whose topic it is.",
    "Ask the reader; `southmed alerts assess` writes them as they should be.",
)
ALERTS_WRITTEN = LogLine(
    "alerts",
    "alerts_written",
    "info",
    ("alerts",),
    "Alerts were raised, changed or closed, and read back from their topics.",
)
HITS_HELD = LogLine(
    "alerts",
    "hits_held",
    "warning",
    ("country", "alerts"),
    "Hits of a country are held: nothing but the identifier is known of its cases.",
    "`southmed alerts audit` shows them. Ask the authority; does somebody there guess numbers?",
)
ROUND_FAILED = LogLine(
    "alerts",
    "round_failed",
    "error",
    ("code",),
    "A round of alerts could not be finished; the next one goes on where it stopped.",
    "If it goes on: what does the error of that code advise?",
)
