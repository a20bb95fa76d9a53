"""What the console may log."""

from __future__ import annotations

from schemas.log_lines import LogLine

SERVED = LogLine("console", "console_served", "info", ("port",), "The console listens on loopback.")
MESSAGE_REFUSED = LogLine(
    "console",
    "release_refused",
    "warning",
    ("code", "offset"),
    "A message of the topic of releases did not verify; it is not shown.",
    "What does the error of that code advise?",
)
FOLLOWING_INTERRUPTED = LogLine(
    "console",
    "following_interrupted",
    "warning",
    ("code",),
    "The topic of releases cannot be followed at the moment; pages say that they may be behind, and"
    " the console tries again.",
    "If it goes on: what does the error of that code advise?",
)
ALERT_REFUSED = LogLine(
    "console",
    "alert_refused",
    "warning",
    ("topic", "code", "offset"),
    "A message of a topic of alerts did not verify; it is not shown.",
    "What does the error of that code advise?",
)
ALERTS_INTERRUPTED = LogLine(
    "console",
    "following_alerts_interrupted",
    "warning",
    ("topic", "code"),
    "A topic of alerts cannot be followed at the moment; the console tries again.",
    "If it goes on: what does the error of that code advise? Told once until it changes.",
)
REFUSED = LogLine(
    "console",
    "reader_refused",
    "info",
    ("code",),
    "Something was refused to a reader, or to somebody who would be one; the audit log says whom.",
)
QUALITY_REFUSED = LogLine(
    "console",
    "quality_refused",
    "warning",
    ("code", "offset"),
    "A message of the topic of quality did not verify; it is not shown.",
    "What does the error of that code advise?",
)
QUALITY_INTERRUPTED = LogLine(
    "console",
    "following_quality_interrupted",
    "warning",
    ("code",),
    "The topic of quality cannot be followed at the moment; the console tries again.",
    "If it goes on: what does the error of that code advise? Told once until it changes.",
)
