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
