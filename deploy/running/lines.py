"""What the running processes themselves may log, and how other people's log lines appear."""

from __future__ import annotations

from schemas.log_lines import LogLine

WORKER_STARTS = LogLine(
    "process", "worker_starts", "info", ("worker", "version"), "An intake worker starts."
)
BROKER_AWAITED = LogLine(
    "process",
    "broker_awaited",
    "warning",
    ("broker",),
    "No broker answers yet; the worker waits for one before it starts. Told once.",
    "Is the address right, the broker running, the certificate accepted?",
)
REGISTER_AWAITED = LogLine(
    "process",
    "register_awaited",
    "warning",
    ("code",),
    "The server of a register could not be read in this round; what is in the outbox is published,"
    " and the next round tries again.",
    "If it goes on: what does the error of that code advise?",
)
START_OVERDUE = LogLine(
    "process",
    "start_overdue",
    "error",
    ("seconds",),
    "Start-up hung, as Faust's may when a broker goes away under it; the process starts anew.",
)
START_FAILED = LogLine(
    "process",
    "start_failed",
    "warning",
    (),
    "Faust gave up while it started, as it does when the broker goes away under it; the process"
    " starts anew and waits for the broker.",
)
STOP_OVERDUE = LogLine(
    "process",
    "stop_overdue",
    "warning",
    ("seconds",),
    "The worker was asked to end, and its client still waited for a broker that is away; the"
    " process ends without it. Its ledger is whole.",
    "Nothing is lost. Where is the broker?",
)
LOOP_HANGS = LogLine(
    "process",
    "loop_hangs",
    "critical",
    ("seconds",),
    "The event loop has not turned for so long; the process ends with status 70.",
    "Its supervisor starts it again. Look at the disk of the ledger or outbox first.",
)
HEALTH_SERVED = LogLine(
    "process", "health_served", "info", ("port",), "The health server listens on loopback."
)
LOOK_FAILED = LogLine(
    "process",
    "look_failed",
    "warning",
    ("error",),
    "The figures of the outbox or broker could not be measured this time; they are older than"
    " they seem.",
    "If it goes on: is the outbox's file still there, the disk full?",
)
IDENTITY_UNUSABLE = LogLine(
    "process",
    "identity_unusable",
    "warning",
    ("code",),
    "The files of the identity changed and cannot be used; the old certificate stays. Told once.",
    "Look at key, certificate and permissions with `southmed pki show`; renew it anew.",
)
UNFORESEEN = LogLine(
    "process",
    "unforeseen",
    "critical",
    ("error", "file"),
    "An exception that nobody expected ended a thread or the process. Its text is not told, because"
    " it may quote data.",
    "This is a fault of southmed: report it with the file and line.",
)
LIBRARY = LogLine(
    "library",
    "library",
    "warning",
    ("logger", "file", "error", "template"),
    "A library's own log line, at the library's level. Of its text only a fixed template is told,"
    " never with the values filled in; where there is none, the file and line say what it is.",
    "Look the file and line up in the library.",
)
