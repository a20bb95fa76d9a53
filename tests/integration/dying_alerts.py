"""``southmed alerts run --once`` as a process that kills itself with signal 9 at a step.

python -m tests.integration.dying_alerts STEP --site ... --broker ... --as-of ...
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from deploy.cli import main
from processors.alerts.log import TopicLog
from processors.alerts.publish import Notes
from processors.compacted import Outgoing

STEPS = ("intend", "intended", "sent none", "sent one", "sent all", "read back", "confirmed")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(step: str) -> None:
    """Has the process die before or after the call that a step is named after."""
    intend, confirm, append, read = Notes.intend, Notes.confirm, TopicLog.append, TopicLog.read
    sent: list[bool] = []

    def dying_intend(self: Notes, messages: Sequence[Outgoing]) -> None:
        if step == "intend":
            die()
        intend(self, messages)
        if step == "intended":
            die()

    async def dying_append(self: TopicLog, messages: Sequence[Outgoing]) -> None:
        if step == "sent none":
            die()
        for message in messages:
            await append(self, [message])
            if step == "sent one":
                die()
        if step == "sent all":
            die()
        sent.append(True)

    async def dying_read(self: TopicLog) -> Any:
        found = await read(self)
        if sent and step == "read back":
            die()
        return found

    def dying_confirm(self: Notes) -> None:
        confirm(self)
        if step == "confirmed":
            die()

    Notes.intend = dying_intend  # type: ignore[method-assign]
    Notes.confirm = dying_confirm  # type: ignore[method-assign]
    TopicLog.append = dying_append  # type: ignore[method-assign]
    TopicLog.read = dying_read  # type: ignore[method-assign]


if __name__ == "__main__":
    arm(sys.argv.pop(1))
    sys.argv[1:1] = ["alerts", "run", "--once"]
    main()
