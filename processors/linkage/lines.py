"""What a trustee may log."""

from __future__ import annotations

from schemas.log_lines import LogLine

TRUSTEE_STARTS = LogLine(
    "linkage", "trustee_starts", "info", ("holder", "version"), "A holder begins to answer."
)
REQUEST_REFUSED = LogLine(
    "linkage",
    "request_refused",
    "warning",
    ("country", "code", "elements"),
    "A request was refused; whoever can be held to it was told the code.",
    "See the code, and `southmed linkage log` for who asked for what.",
)
TOPICS_AWAY = LogLine(
    "linkage",
    "topics_away",
    "warning",
    ("error",),
    "The broker is away, or does not let the holder read or write. Told once; the book keeps every"
    " answer.",
    "Is the address right, the broker running, the contract applied, the certificate accepted?",
)
TOPICS_BACK = LogLine(
    "linkage", "topics_back", "info", (), "The broker is back; the holder goes on from its book."
)
REQUESTS_EXPIRED = LogLine(
    "linkage",
    "requests_expired",
    "warning",
    ("country", "offset"),
    "Requests ended their time in the topic before they were read; reading goes on at the offset"
    " named.",
    "The holder was away for too long. Authorities ask again by themselves.",
)
REQUESTS_MADE_ANEW = LogLine(
    "linkage",
    "requests_made_anew",
    "warning",
    ("country", "offset"),
    "The topic ends before what the book has read: it was made anew, and is read from its beginning"
    " (the offset named). What was answered before is answered alike, at no cost.",
    "Ask the platform's operator whether the topic was lost.",
)
