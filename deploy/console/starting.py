"""Puts a console together for a cluster: guarded as ``console.yaml`` says, or open to everybody."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from deploy.alerts.answering import send
from deploy.console.app import Console
from deploy.console.follow import Live
from deploy.console.maps import read_atlas, shipped_atlas
from deploy.console.security import LOOPBACK_NAMES, unsafe_open
from deploy.console.security.desk import guarding
from deploy.console.security.settings import Settings, read_settings
from schemas.kafka import Broker
from schemas.trust import TrustDocument

Trust = Callable[[], TrustDocument]


def unguarded(broker: Broker, trust: Trust) -> Console:
    """The console of ``--unsafe-open``."""
    return Console(Live(), trust, unsafe_open, send=partial(send, broker))


def guarded(broker: Broker, trust: Trust, config: Path) -> tuple[Console, Settings]:
    """The console of a file of settings.

    Raises:
        SettingsInvalid: The file cannot be used.
        MapInvalid: The map that it names cannot be used.
        AuditUnusable, KeyFileInvalid: What it needs in its folder is not there.
    """
    settings = read_settings(config)
    atlas = read_atlas(settings.map) if settings.map else shipped_atlas()
    guard = guarding(settings)
    console = Console(
        Live(),
        trust,
        guard.desk,
        hosts=(*LOOPBACK_NAMES, settings.host),
        desk=guard.desk,
        send=partial(send, broker),
        audit=guard.audit,
        tokens=guard.tokens,
        atlas=atlas,
    )
    return console, settings
