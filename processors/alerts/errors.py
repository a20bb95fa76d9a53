"""What can go wrong with alerts."""

from __future__ import annotations

from schemas.errors import PlatformError


class AlertsError(PlatformError):
    """Something that alerts are made of cannot be used."""

    code = "ALERTS"
    summary = "alerts cannot be made"


class StopListInvalid(AlertsError):
    """A line of the stop list does not say whose identifier of which kind it stops."""

    code = "STOP_LIST_INVALID"
    summary = "the stop list cannot be used"
    advice = "Correct the line: token in hexadecimal, authority, kind, month; nothing was stopped."


class BasisUnreadable(AlertsError):
    """What an alert rests on was sealed under another secret than this site has."""

    code = "BASIS_UNREADABLE"
    summary = "what an alert rests on cannot be read"
    advice = "Bring back platform/alert-ids.key as it was; without it every alert is told anew."


class AlertsUnderWay(AlertsError):
    """Another process publishes alerts from this site."""

    code = "ALERTS_UNDER_WAY"
    summary = "another process publishes alerts from this site"
    advice = "Let one run: `southmed alerts run` either as a service or by hand."


class AlertsNotPublished(AlertsError):
    """What was written to a topic of alerts is not found there when it is read back."""

    code = "ALERTS_NOT_PUBLISHED"
    summary = "an alert that was sent is not on its topic"
    advice = "Run `southmed alerts run` again: it goes on where it stopped."


class AlertsOverwritten(AlertsError):
    """A topic holds two different records of one revision of an alert."""

    code = "ALERTS_OVERWRITTEN"
    summary = "two machines publish alerts"
    advice = "Stop one of them; let the other run on after its operator looked at both."


class NotesInvalid(AlertsError):
    """The file in which a round was written down is not one."""

    code = "ALERT_NOTES_INVALID"
    summary = "the note of a round cannot be read"
    advice = "Delete it: what is out is known from the topics, and the round is planned anew."


class AlertTopicUnreachable(AlertsError):
    """The topics of alerts cannot be read or written."""

    code = "ALERT_TOPIC_UNREACHABLE"
    summary = "the topics of alerts cannot be reached"
    advice = "Ask `southmed doctor`; then run the command again."


class AlertKeysMissing(AlertsError):
    """A secret that alerts need is not here."""

    code = "ALERT_KEYS_MISSING"
    summary = "a key behind alerts is not here"
    advice = "Make it with `southmed alerts init-keys`, or bring back the one there was."


class NoSuchAlert(AlertsError):
    """No alert that this reader may see has this id."""

    code = "NO_SUCH_ALERT"
    summary = "there is no such alert"
    advice = "`southmed alerts show` lists those that there are."


class AnswerRefused(AlertsError):
    """An alert in this state cannot be answered like this."""

    code = "ANSWER_REFUSED"
    summary = "this alert cannot be answered so"
    advice = "See its state with `southmed alerts show`; closed alerts take no answers."
