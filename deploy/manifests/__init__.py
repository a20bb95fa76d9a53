"""The parts of the deployment files that follow from the contract.

Topics, principals, rights and quotas are written once, in ``schemas``. What a cluster is told of
them is rendered from there, kept in the repository beside the files that people write, and held to
what would be rendered now by a test (``southmed docs generate`` and ``southmed docs check``).
"""

from __future__ import annotations

from collections.abc import Callable

from deploy.manifests import properties, strimzi

MANIFESTS: dict[str, Callable[[], str]] = {
    "compose/kafka/broker-1.properties": lambda: properties.render(1),
    "compose/kafka/broker-2.properties": lambda: properties.render(2),
    "compose/kafka/broker-3.properties": lambda: properties.render(3),
    "kubernetes/topics.yaml": strimzi.render_topics,
    "kubernetes/users.yaml": strimzi.render_users,
}
"""Path under ``deploy/`` to the function that renders it."""
