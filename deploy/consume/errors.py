"""What can go wrong while releases are followed."""

from __future__ import annotations

from schemas.errors import PlatformError, WireError


class ReleaseDeleted(WireError):
    """Somebody tried to delete a release with a tombstone; releases are never deleted."""

    code = "RELEASE_DELETED"
    summary = "a release was deleted from the topic"
    advice = "Ask the platform's operator who wrote it; releases are withdrawn, never deleted."


class ReleaseRevived(WireError):
    """A release that was withdrawn stands on the topic again, as if it still held."""

    code = "RELEASE_REVIVED"
    summary = "a withdrawn release was sent again"
    advice = "Do not use it. Ask the platform's operator who sends old messages."


class ConsumeError(PlatformError):
    """Releases cannot be followed."""

    code = "CONSUME"
    summary = "the releases cannot be followed"


class TopicClosed(ConsumeError):
    """The topic is not there, or this principal may not read it."""

    code = "TOPIC_CLOSED"
    summary = "the topic cannot be read"
    advice = "Check --identity; docs/topics.md says who may read which topic."


class StateInvalid(ConsumeError):
    """The file of --state is not one, or cannot be written."""

    code = "CONSUME_STATE_INVALID"
    summary = "the file of the state cannot be used"
    advice = "Name another file, or delete this one to begin anew."


class StateAhead(ConsumeError):
    """The state is of a log that has more messages than this one: another cluster, or a new log."""

    code = "CONSUME_STATE_AHEAD"
    summary = "the state is ahead of the topic"
    advice = "Check --broker. If the cluster was made anew, use --from-beginning."
