"""Who may read what, and what browsers are told to refuse.

The rules:

1. Every page asks for a role by ``Depends(reader(Role.X))``. Who reads is decided by one
   doorkeeper, which the application is given; by default it lets nobody in.
2. An operator may not read what contact points read: roles are held, not ranked.
3. `unsafe_open` lets everybody do everything. It is for invented data on loopback, and only
   ``--unsafe-open`` puts it there.
4. Browsers load nothing but our own files, run no script or style that stands in a page, put the
   console into no frame, and keep no page.
5. Requests are answered only under names of this machine that were given, so that no other site
   can have its own name lead here (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.console.errors import NotAdmitted, NotAllowed

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS: Mapping[str, str] = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]


class Role(StrEnum):
    """What somebody may be."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    CONTACT = "contact"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Reader:
    """Somebody who reads.

    Attributes:
        name: As the audit log knows them.
        roles: What they are.
        country: Whose contact point they are (alpha-3); empty for none.
    """

    name: str
    roles: frozenset[Role]
    country: str = ""


Doorkeeper = Callable[[Request], Awaitable[Reader | None]]
"""Says who sends a request; None for somebody who is not signed in."""


async def closed(_request: Request) -> Reader | None:
    """The doorkeeper who lets nobody in."""
    return None


async def unsafe_open(_request: Request) -> Reader | None:
    """The doorkeeper of ``--unsafe-open``: anybody, as everything."""
    return Reader("anybody", frozenset(Role))


def reader(role: Role) -> Callable[[Request], Awaitable[Reader]]:
    """A dependency: the reader of a request, who holds a role.

    Args:
        role: Which one is needed.
    """

    async def admitted(request: Request) -> Reader:
        doorkeeper: Doorkeeper = request.app.state.console.doorkeeper
        found = await doorkeeper(request)
        if found is None:
            raise NotAdmitted()
        if role not in found.roles:
            raise NotAllowed(expected=f"the role {role}")
        return found

    return admitted


class Guarded:
    """Adds to every answer what browsers are told to refuse.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the application does, with the headers."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)
