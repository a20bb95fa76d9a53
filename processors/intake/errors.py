"""What can go wrong with a ledger."""

from __future__ import annotations

from schemas.errors import PlatformError


class LogTrimmed(PlatformError):
    """The broker deleted records that the ledger has not folded yet."""

    code = "LOG_TRIMMED"
    summary = "the log no longer holds what the ledger still has to read"
    advice = "Restore the ledger from a snapshot, or the topic from its archive."


class LogReplaced(PlatformError):
    """The topic holds fewer records than the ledger has folded: it was made anew."""

    code = "LOG_REPLACED"
    summary = "the log ends before the ledger does"
    advice = "The topic was made anew: move the ledger away, or restore the topic."


class LedgerInUse(PlatformError):
    """Another process holds the ledger of this partition."""

    code = "LEDGER_IN_USE"
    summary = "another process holds this ledger"
    advice = "Give each worker a ledger folder of its own."


class LedgerDamaged(PlatformError):
    """A file of the ledger is not what was written."""

    code = "LEDGER_DAMAGED"
    summary = "a file of the ledger is damaged"
    advice = "Move the ledger's folder away; the worker folds the log again and makes a new one."


class LedgerDiskFull(PlatformError):
    """The ledger's disk takes no more."""

    code = "LEDGER_DISK_FULL"
    summary = "the disk of the ledger is full"
    advice = "Free some room; the worker goes on from where the ledger stands."


class LedgerOutdated(PlatformError):
    """The ledger was counted by other rules than this version's."""

    code = "LEDGER_OUTDATED"
    summary = "the ledger was counted by other rules"
    advice = "Move it away; the worker folds the log again and makes a new one."


class OuterKeyMissing(PlatformError):
    """The platform's own key for linkage tokens is not there, or is not one."""

    code = "OUTER_KEY_MISSING"
    summary = "the platform has no key of its own for linkage tokens"
    advice = (
        "Make it once with `southmed site linkage-key`, and bring the same file to every machine"
        " that folds or verifies."
    )


class LedgerMissing(PlatformError):
    """There is no ledger where one was named."""

    code = "LEDGER_MISSING"
    summary = "there is no ledger here"
    advice = "Name the site that the intake workers run on (--site)."


def check_log(first: int, end: int, *, folded: int) -> None:
    """Whether a partition still holds what comes after so many folded records.

    Args:
        first: Its first offset.
        end: The offset that its next record will have.
        folded: The next offset that the ledger expects.

    Raises:
        LogTrimmed: What comes next was deleted.
        LogReplaced: The ledger has folded more than there ever was.
    """
    if first > folded:
        raise LogTrimmed(expected=f"offset {folded}", got=f"offset {first}")
    if end < folded:
        raise LogReplaced(expected=f"at least {folded} records", got=f"{end} records")
