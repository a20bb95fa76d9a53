"""Roles, who holds them, and the question that every page asks.

The rules:

1. Roles are held, not ranked: an operator may not read what contact points read.
2. `unsafe_open` lets everybody do everything. It is for invented data on loopback, and only
   ``--unsafe-open`` puts it there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import Depends, Request

from deploy.console.errors import NotAdmitted, NotAllowed
from schemas.topics import COUNTRY_CODES


class Role(StrEnum):
    """What somebody may be."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    CONTACT = "contact"
    OPERATOR = "operator"


Way = Literal["session", "certificate", "open"]


@dataclass(frozen=True)
class Reader:
    """Somebody who reads.

    Attributes:
        name: As the audit log knows them.
        roles: What they are.
        country: Whose contact point they are (alpha-3); empty for none, and for ``--unsafe-open``
            for whichever they choose.
        way: How they came in.
        bound: What the tokens of their forms are bound to: a session, a certificate.
    """

    name: str
    roles: frozenset[Role]
    country: str = ""
    way: Way = "open"
    bound: str = ""

    def speaks_for(self, country: str) -> bool:
        """Whether they are the contact point of a country."""
        return Role.CONTACT in self.roles and (
            self.country == country or (self is ANYBODY and country in COUNTRY_CODES)
        )


ANYBODY = Reader("anybody", frozenset(Role))
"""The one reader of ``--unsafe-open``."""

Doorkeeper = Callable[[Request], Awaitable[Reader | None]]
"""Says who sends a request; None for somebody who is not signed in."""


async def closed(_request: Request) -> Reader | None:
    """The doorkeeper who lets nobody in."""
    return None


async def unsafe_open(_request: Request) -> Reader | None:
    """The doorkeeper of ``--unsafe-open``: anybody, as everything."""
    return ANYBODY


def reader(role: Role) -> Callable[[Request], Awaitable[Reader]]:
    """A dependency: the reader of a request, who holds a role.

    Args:
        role: Which one is needed.
    """

    async def admitted(request: Request) -> Reader:
        console = request.app.state.console
        found: Reader | None = await console.doorkeeper(request)
        if found is None:
            raise NotAdmitted()
        # Pages name who reads, and errors are told of whom they happened to.
        request.state.reader = found
        # Before the page is made: it may then show something newer than it says, never older.
        request.state.number = console.number(found)
        if found.bound:
            console.rates.check("request", found.bound)
        if role not in found.roles:
            raise NotAllowed(expected=f"the role {role}")
        return found

    return admitted


Viewer = Annotated[Reader, Depends(reader(Role.VIEWER))]
"""The reader of a page that is for everybody who may come in."""


def known_reader(request: Request) -> Reader | None:
    """Who was found to read, if anybody was asked yet."""
    found: Reader | None = getattr(request.state, "reader", None)
    return found
