"""What can go wrong with a ledger."""

from __future__ import annotations

from schemas.errors import PlatformError


class LogTrimmed(PlatformError):
    """The broker deleted records that the ledger has not folded yet."""

    code = "LOG_TRIMMED"
    summary = "the log no longer holds what the ledger still has to read"
    advice = "Restore the ledger from a snapshot, or the topic from its archive."


class LedgerInUse(PlatformError):
    """Another process holds the ledger of this partition."""

    code = "LEDGER_IN_USE"
    summary = "another process holds this ledger"
    advice = "Give each worker a ledger folder of its own."


class LedgerOutdated(PlatformError):
    """The ledger was counted by other rules than this version's."""

    code = "LEDGER_OUTDATED"
    summary = "the ledger was counted by other rules"
    advice = "Move it away; the worker folds the log again and makes a new one."


class LedgerMissing(PlatformError):
    """There is no ledger where one was named."""

    code = "LEDGER_MISSING"
    summary = "there is no ledger here"
    advice = "Name the site that the intake workers run on (--site)."
