"""What the publisher may log."""

from __future__ import annotations

from schemas.log_lines import LogLine

BROKER_AWAY = LogLine(
    "publisher",
    "broker_away",
    "warning",
    ("error",),
    "Kafka does not answer; told once until it is back.",
    "Nothing is lost: the outbox keeps every event. Look at the broker and the way to it.",
)
NOT_TAKEN = LogLine(
    "publisher",
    "batches_not_taken",
    "warning",
    (),
    "Kafka answers, but does not take batches: fewer brokers hold the partition than a write needs,"
    " or its leader is gone. Told once until it takes them again.",
    "Nothing is lost: the outbox keeps every event. Ask the operator how many brokers are up.",
)
BROKER_BACK = LogLine(
    "publisher", "broker_back", "info", (), "Kafka answers again; publishing goes on."
)
SENT_AGAIN = LogLine(
    "publisher",
    "sent_again",
    "info",
    ("stream", "seconds"),
    "No receipt came for a while; what has none is sent again.",
    "If it goes on: is intake running, and does it fold this country's topic?",
)
RECEIPT_IGNORED = LogLine(
    "publisher",
    "receipt_ignored",
    "warning",
    ("code",),
    "A message on the receipt topic does not verify.",
    "Is the trust document the newest? If it is, somebody else writes to the topic: tell the"
    " operator.",
)
RECEIPT_FOREIGN = LogLine(
    "publisher",
    "receipt_foreign",
    "warning",
    ("stream", "epoch", "sequence"),
    "A receipt speaks of a batch that this outbox never sealed.",
    "Does another outbox publish with the same key? Stop one of the two.",
)
PLATFORM_BEHIND = LogLine(
    "publisher",
    "platform_behind",
    "warning",
    ("stream", "epoch", "sequence"),
    "The platform expects a batch that it has receipted before: it lost a part of its log.",
    "Ask the operator. If it is lost: `southmed adapter replay` from this place on.",
)
BATCH_REFUSED = LogLine(
    "publisher",
    "batch_refused",
    "warning",
    ("stream", "epoch", "sequence", "code"),
    "The platform refused a batch; it is sent again, and refused for good it ends the publisher.",
    "See the code.",
)
ANSWER_IGNORED = LogLine(
    "linker",
    "answer_ignored",
    "warning",
    ("code",),
    "A message on the topic of evaluations does not verify.",
    "Is the trust document the newest? If it is, somebody else writes to the topic: tell the"
    " operator.",
)
TOKENS_REFUSED = LogLine(
    "linker",
    "tokens_refused",
    "warning",
    ("code",),
    "A holder of the linkage key does not answer a request with tokens; cases go out all the same.",
    "See the code. A quota refills by itself: what is left is asked again every hour.",
)
HOLDERS_AWAY = LogLine(
    "linker",
    "holders_away",
    "warning",
    ("error",),
    "The topics of linkage cannot be reached; told once until they are.",
    "Nothing is lost: identifiers wait in the outbox. Look at the broker and the way to it.",
)
LINKING_FAILED = LogLine(
    "linker",
    "linking_failed",
    "error",
    ("code",),
    "Tokens cannot be asked for at present; cases go out all the same.",
    "See the code.",
)
