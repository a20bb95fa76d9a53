"""A question of a program: who asks, how often, and whether they have the answer already.

The rules:

1. Whoever may see a page of the same may ask.
2. The ETag is a digest of the address, the reader, what is known and the day. It is bound to this
   process: numbers of snapshots begin anew with it.
3. What is told to a few is kept nowhere; what was published may be, by the reader alone. How
   things stand, and an alert that is opened, are told anew every time (`Now`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, Header, Request, Response

from deploy.console.alerts.boards import Board, visible
from deploy.console.app_state import console_of
from deploy.console.security import Reader, Viewer
from deploy.console.store import Snapshot
from schemas.alerts import Channel

if TYPE_CHECKING:
    from deploy.console.app import Console
Tag = Annotated[
    str | None,
    Header(max_length=1000, description="ETags of answers at hand; 304 if one of them holds."),
]
Of = Literal["published", "told", "now"]
KEPT: dict[Of, str] = {
    "published": "private, no-cache",
    "told": "private, no-store",
    "now": "private, no-store",
}

VARY = {"vary": "Accept, Cookie"}


class Unchanged(Exception):
    """The answer is the one that its reader has.

    Args:
        headers: Of the answer.
    """

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__()
        self.headers = headers


@dataclass(frozen=True)
class Asked:
    """A question that may be answered.

    Attributes:
        console: Of whom.
        who: Whoever asks.
        known: What was published, at one moment.
        boards: Those that they may see, at one moment.
        of: What the question is about.
        headers: Of the answer.
        tags: Those of answers that they have.
        path: Address and query, as they were asked for.
    """

    console: Console
    who: Reader
    known: Snapshot
    boards: Mapping[Channel, Board]
    of: Of
    headers: dict[str, str]
    tags: str
    path: str

    @property
    def snapshot(self) -> str:
        """Names what is known of what was asked for; equal names, equal answers."""
        return self.published if self.of == "published" else self.told

    @property
    def published(self) -> str:
        """Names what is known of what was published."""
        return f"{self.console.run}-{self.known.number}"

    @property
    def told(self) -> str:
        """Names what is known of what they may be told."""
        return f"{self.console.run}-{sum(board.number for board in self.boards.values())}"

    def tag(self, accept: str) -> str:
        """The ETag; a weak one, as the same answer may travel compressed."""
        who = self.who
        told = [self.snapshot, self.path, accept, str(self.console.today())]
        told += [who.way, who.name, who.country, *sorted(who.roles)]
        return f'W/"{sha256(chr(10).join(told).encode()).hexdigest()[:32]}"'

    def unless_known(self) -> None:
        """Ends the answer here if its reader has it.

        Raises:
            Unchanged: They do.
        """
        tags = {tag.strip().removeprefix("W/") for tag in self.tags.split(",")}
        if tags & {"*", self.headers["etag"].removeprefix("W/")}:
            raise Unchanged(self.headers)


def asking(of: Of) -> Callable[..., Asked]:
    """A dependency: the question, once it is known that it may be asked.

    Args:
        of: What it is about.
    """

    def asked(
        request: Request, response: Response, who: Viewer, if_none_match: Tag = None
    ) -> Asked:
        console = console_of(request)
        console.rates.check("api", who.name)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        boards = {channel: console.boards[channel] for channel in visible(who)}
        known, headers = console.live.snapshot, {"cache-control": KEPT[of], **VARY}
        made = Asked(console, who, known, boards, of, headers, if_none_match or "", path)
        if of != "now":
            headers["etag"] = made.tag(request.headers.get("accept", ""))
        response.headers.update(headers)
        return made

    return asked


Published = Annotated[Asked, Depends(asking("published"))]
Told = Annotated[Asked, Depends(asking("told"))]
Now = Annotated[Asked, Depends(asking("now"))]
