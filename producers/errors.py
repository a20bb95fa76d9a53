"""What can go wrong between outbox and platform."""

from __future__ import annotations

from schemas.errors import AdapterError


class OutboxMismatch(AdapterError):
    """The outbox belongs to another authority or number of streams."""

    code = "OUTBOX_MISMATCH"
    summary = "the outbox was made for other settings"
    advice = "Use one outbox file for each authority."


class OutboxBehind(AdapterError):
    """The platform has accepted batches that this outbox never made: it is an old copy."""

    code = "OUTBOX_BEHIND"
    summary = "the platform is ahead of this outbox"
    advice = "The outbox was restored from a backup: open a new epoch for the stream."


class BatchRefused(AdapterError):
    """The platform refuses a batch again and again; publishing stops."""

    code = "BATCH_REFUSED"
    summary = "the platform refuses this batch"
    advice = "See the code in the receipt; nothing is lost, the outbox keeps the batch."


class BrokerUnreachable(AdapterError):
    """Kafka cannot be reached or does not answer; what was mapped waits in the outbox."""

    code = "BROKER_UNREACHABLE"
    summary = "the broker does not answer"
    advice = "Nothing is lost: the outbox keeps every event and publishing goes on later."


class BatchNotKept(AdapterError):
    """The bytes of a batch that is to be sent again are no longer kept here."""

    code = "BATCH_NOT_KEPT"
    summary = "the batch is no longer kept in this outbox"
    advice = (
        "Replay from where it is possible (`southmed adapter status`). If the platform needs what"
        " lies before: have a new epoch announced, put the outbox aside, `southmed adapter"
        " open-epoch`, and run the adapter; it states the whole register again."
    )


class OutboxMissing(AdapterError):
    """There is no outbox yet where one was asked about."""

    code = "OUTBOX_MISSING"
    summary = "there is no outbox here"
    advice = "Run the adapter once (`southmed adapter run`), or name the right site."
