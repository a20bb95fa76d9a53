"""What intake may log."""

from __future__ import annotations

from schemas.log_lines import LogLine

BATCH_QUARANTINED = LogLine(
    "intake",
    "batch_quarantined",
    "warning",
    ("country", "partition", "offset", "code"),
    "A batch was refused and is kept whole in the country's quarantine topic.",
    "See the code; the authority was told it where it could be made out.",
)
PARTITIONS_TAKEN = LogLine(
    "intake",
    "partitions_taken",
    "info",
    ("partitions",),
    "The group was balanced; so many partitions are this worker's.",
)
RECORD_OUT_OF_ORDER = LogLine(
    "intake",
    "record_out_of_order",
    "info",
    ("country", "partition", "offset"),
    "The consumer jumped ahead of the ledger; it is sent back to the offset named. Told once.",
)
STANDS_STILL = LogLine(
    "intake",
    "stands_still",
    "error",
    ("seconds", "waiting"),
    "The broker answers, but the worker makes no progress; it ends with status 70.",
    "Its supervisor starts it again. If it recurs, report it with the lines before.",
)
NEVER_STARTED = LogLine(
    "intake",
    "never_started",
    "error",
    ("seconds",),
    "The broker answers, but the worker never came into its group; it starts anew by itself.",
    "If it goes on: may its principal read the group and the case topics?",
)
WORKER_ENDS = LogLine(
    "intake",
    "worker_ends",
    "critical",
    ("code", "error"),
    "Something is not as it has to be; the worker ends with status 70.",
    "See the code. `UNFORESEEN` is a fault of southmed: the supervisor starts it again; report it.",
)
