"""What can go wrong with releases."""

from __future__ import annotations

from schemas.errors import PlatformError


class ReleaseError(PlatformError):
    """A release may not be made, or is not what it should be."""

    code = "RELEASE"
    summary = "the release may not be made"


class TablesInvalid(ReleaseError):
    """The file of tables breaks a rule of its own, or promises more than its budget."""

    code = "TABLES_INVALID"
    summary = "the file of tables cannot be used"
    advice = "Correct processors/release/tables.yaml, and have the board sign it again."


class AlreadyReleased(ReleaseError):
    """This table was published for this period and vintage, computed from other records."""

    code = "ALREADY_RELEASED"
    summary = "published before, from other records"
    advice = "A second publication would tell what changed. Let the board decide on an erratum."


class BudgetExceeded(ReleaseError):
    """The release would cost some person more than the budget allows."""

    code = "BUDGET_EXCEEDED"
    summary = "the release would exceed the budget"
    advice = "Publish it not at all. `southmed release budget` shows what was spent on what."


class NotDue(ReleaseError):
    """The calendar does not have this release yet, or never."""

    code = "NOT_DUE"
    summary = "the calendar has no such release at this date"
    advice = "See `southmed release plan`."


class NoSuchRelease(ReleaseError):
    """Nothing was published under this table, period and vintage."""

    code = "NO_SUCH_RELEASE"
    summary = "no such release was published"
    advice = "See `southmed release plan`."


class OutsideTables(ReleaseError):
    """A record falls in no cell of a table, or in a value that its dimension does not have."""

    code = "OUTSIDE_TABLES"
    summary = "a record falls outside the table"
    advice = "This is a defect: report it. Nothing was published."


class NotReproduced(ReleaseError):
    """Computing a release again gives other numbers than were published."""

    code = "NOT_REPRODUCED"
    summary = "the release cannot be reproduced"
    advice = "Withdraw it, and find out which of keys, records or code is not what it was."


class ReleasedTwice(ReleaseError):
    """The topic holds two releases under one key that were measured on different records."""

    code = "RELEASED_TWICE"
    summary = "one table was published twice, from different records"
    advice = (
        "Two machines publish. Stop one; tell the board: the budget of these cases is exceeded."
    )


class ReleaseKeysMissing(ReleaseError):
    """A secret that the release needs is not here: never made, or deleted after the audit."""

    code = "RELEASE_KEYS_MISSING"
    summary = "a key behind releases is not here"
    advice = "Make it with `southmed release init-keys`; one that was deleted stays deleted."


class ReleaseInProgress(ReleaseError):
    """Another process publishes from this site."""

    code = "RELEASE_IN_PROGRESS"
    summary = "another process publishes from this site"
    advice = "Wait until it has ended."


class NotPublished(ReleaseError):
    """What was written to the topic is not found there when it is read back."""

    code = "NOT_PUBLISHED"
    summary = "a release that was sent is not on the topic"
    advice = "Run `southmed release run` again: it goes on where it stopped."


class EarlierTrustMissing(ReleaseError):
    """No trust document of before is kept in which the key of a release was sound."""

    code = "EARLIER_TRUST_MISSING"
    summary = "no earlier trust document lets the release verify"
    advice = (
        "Bring the trust document from before the key was declared compromised to"
        " platform/trust/N.json, N its version, and run the command again."
    )


class ReleaseNotOurs(ReleaseError):
    """A message of a compromised key is not what this site noted when it published."""

    code = "RELEASE_NOT_OURS"
    summary = "a message of a compromised key that this site did not publish"
    advice = (
        "Somebody else may have signed it: do not sign it again. docs/operator.md, when the key of"
        " releases is in other hands."
    )


class ReleaseTopicUnreachable(ReleaseError):
    """The topic of releases cannot be read or written."""

    code = "RELEASE_TOPIC_UNREACHABLE"
    summary = "the topic of releases cannot be reached"
    advice = "Ask `southmed doctor`; then run the command again."
