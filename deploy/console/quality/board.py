"""What the console knows of how data come in: the newest message of every authority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from deploy.console.alerts.boards import Access
from deploy.console.bell import Bell
from deploy.console.security.roles import Reader, Role
from schemas.quality import Quality

READERS = frozenset({Role.ANALYST, Role.CONTACT, Role.OPERATOR})


def may_see(reader: Reader) -> bool:
    """Whether somebody may see how data come in."""
    return bool(READERS & reader.roles)


@dataclass(frozen=True)
class Known:
    """What is known at one moment.

    Attributes:
        access: How the console stands with the topic.
        messages: The newest of each authority.
        refused: Offset and code of messages that did not verify.
        number: Grows with every change.
    """

    access: Access = Access.STARTING
    messages: Mapping[str, Quality] = field(default_factory=lambda: MappingProxyType({}))
    refused: tuple[tuple[int, str], ...] = ()
    number: int = 0

    def having(self, message: Quality) -> Known:
        """What is known after a message more; one of an earlier week changes nothing."""
        before = self.messages.get(message.authority)
        if before is not None and (before == message or before.looked > message.looked):
            return self
        now = MappingProxyType({**self.messages, message.authority: message})
        return replace(self, messages=now, number=self.number + 1)

    def refusing(self, offset: int, code: str) -> Known:
        """What is known after a message that did not verify."""
        if any(offset == known for known, _ in self.refused):
            return self
        return replace(self, refused=(*self.refused, (offset, code)), number=self.number + 1)

    def standing(self, access: Access) -> Known:
        """What is known once it stands otherwise with the topic."""
        if access is self.access:
            return self
        return replace(self, access=access, number=self.number + 1)


class QualityBoard:
    """The newest of what is known, and who is told when it changes.

    Attributes:
        known: What is known now.
        bell: Rung with every change.
    """

    def __init__(self, known: Known | None = None) -> None:
        self.known = known or Known()
        self.bell = Bell()

    def put(self, known: Known) -> None:
        """Has everybody who may see what is known now."""
        if known is not self.known:
            self.known = known
            self.bell.ring()

    def number(self, reader: Reader) -> int:
        """Grows with every change that a reader may see, and with no other."""
        return self.known.number if may_see(reader) else 0
