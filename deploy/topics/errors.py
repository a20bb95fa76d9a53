"""What can go wrong between the contract and a live cluster."""

from __future__ import annotations

from schemas.errors import PlatformError


class ClusterUnreachable(PlatformError):
    """No broker answers, or none lets us in."""

    code = "CLUSTER_UNREACHABLE"
    summary = "the cluster does not answer"
    advice = "Check --broker, and that --identity is of the cluster's certificate authority."


class ChangeRefused(PlatformError):
    """The cluster does not let us see or change this."""

    code = "CHANGE_REFUSED"
    summary = "the cluster refuses this"
    advice = "Use the operator's identity; on the first day, a broker's."


class ClusterUnsettled(PlatformError):
    """The cluster is not ready for this yet: it elects a leader, or hands a change on."""

    code = "CLUSTER_UNSETTLED"
    summary = "the cluster is busy with an earlier change"
    advice = "Run it again: what was made stays made, and only what is missing is done."
