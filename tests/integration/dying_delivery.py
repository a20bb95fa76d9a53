"""``southmed alerts deliver --once`` as a process that kills itself with signal 9 at a step.

python -m tests.integration.dying_delivery STEP --config ... --broker ... --trust ...
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from deploy.cli import main
from deploy.delivery import smtp
from deploy.delivery.book import Book

STEPS = ("heard", "before the letter", "letter written", "taken", "noted")
"""In their order. After "taken" the server has the mail, and the book does not know."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(step: str) -> None:
    """Has the process die at the step."""
    put, write, tried, send = Book.put, Book.write, Book.tried, smtp.send

    def dying_put(self: Book, *given: Any) -> None:
        put(self, *given)
        if step == "heard":
            die()

    def dying_write(self: Book, *given: Any) -> None:
        if step == "before the letter":
            die()
        write(self, *given)
        if step == "letter written":
            die()

    async def dying_send(*given: Any) -> Any:
        attempt = await send(*given)
        if step == "taken":
            die()
        return attempt

    def dying_tried(self: Book, *given: Any) -> None:
        tried(self, *given)
        if step == "noted":
            die()

    Book.put = dying_put  # type: ignore[method-assign]
    Book.write = dying_write  # type: ignore[method-assign]
    Book.tried = dying_tried  # type: ignore[method-assign]
    smtp.send = dying_send


if __name__ == "__main__":
    arm(sys.argv.pop(1))
    sys.argv[1:1] = ["alerts", "deliver", "--once"]
    main()
