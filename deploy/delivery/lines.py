"""What a delivery may log."""

from __future__ import annotations

from schemas.log_lines import LogLine

DELIVERY_STARTS = LogLine(
    "delivery", "delivery_starts", "info", ("version",), "Alerts are delivered from now on."
)
LETTER_SENT = LogLine(
    "delivery", "letter_sent", "info", ("recipient", "alerts"), "A recipient was told."
)
LETTER_DELAYED = LogLine(
    "delivery",
    "letter_delayed",
    "warning",
    ("recipient", "error", "status", "attempts"),
    "A letter was not taken this time, and is tried again; others are told meanwhile. Told for the"
    " first attempt and for every one after it that is another power of two.",
    "If it goes on: is the server up, its certificate valid, the password right? `status` is what"
    " it answered, 0 for nothing.",
)
LETTER_REFUSED = LogLine(
    "delivery",
    "letter_refused",
    "error",
    ("recipient", "status"),
    "A recipient's server refused a letter for good. It is not tried again; others are told.",
    "Correct the recipient in the settings, then `southmed alerts deliver --again`.",
)
RECORD_REFUSED = LogLine(
    "delivery",
    "record_refused",
    "error",
    ("offset", "code"),
    "What stands on the topic at this offset did not verify as an alert; nobody is told of it. It"
    " is looked at again when the trust document is a newer one.",
    "Ask the platform's operator who wrote it.",
)
ALERTS_AWAY = LogLine(
    "delivery",
    "alerts_away",
    "warning",
    ("error",),
    "The topic of alerts cannot be read. Told once; letters that wait are sent meanwhile.",
    "Is the address right, the broker running, the certificate accepted?",
)
ALERTS_BACK = LogLine("delivery", "alerts_back", "info", (), "The topic of alerts is read again.")
