"""Sessions: who signed in, until when, and the cookies that say so.

The rules:

1. Signing in always begins a new session, and ends the one that the browser had.
2. A session ends after `LASTS`, or after `IDLE` without a page. A page that is left open does not
   keep it alive: streams of events are no use of it.
3. Cookies are for this host alone, over TLS alone (browsers take loopback for it), not for scripts,
   and not sent with what other sites send.
"""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict, cast

from fastapi import Request, Response

from deploy.console.security.keeping import Keeping
from deploy.console.security.roles import Reader, Role

LASTS = 8 * 3600.0
IDLE = 3600.0
SESSION: Final = "__Host-southmed"
FLOW: Final = "__Host-southmed-sign-in"
DIGITS: Final = "__Host-southmed-digits"
"""Of no session: the digits that a reader of Arabic chose."""
EVENTS = "/events"

Name = Literal["__Host-southmed", "__Host-southmed-sign-in", "__Host-southmed-digits"]


class _Content(TypedDict):
    name: str
    roles: list[str]
    country: str
    token: NotRequired[str]


class Sessions:
    """The sessions of a console.

    Args:
        keeping: Where they are kept.
    """

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    def begin(self, request: Request, response: Response, reader: Reader, token: str = "") -> None:
        """Begins the session of somebody who signed in, at the provider with this token."""
        self._keeping.take("session", request.cookies.get(SESSION, ""))
        content = _Content(name=reader.name, roles=sorted(reader.roles), country=reader.country)
        if token:
            content["token"] = token
        shown = self._keeping.put("session", cast("dict[str, object]", content), LASTS, IDLE)
        give(response, SESSION, shown, LASTS)

    def reader(self, request: Request) -> Reader | None:
        """Whose session a request belongs to."""
        shown = request.cookies.get(SESSION, "")
        content = self._keeping.get("session", shown, touch=request.url.path != EVENTS)
        if content is None:
            return None
        roles = frozenset(Role(role) for role in content["roles"])
        bound = self._keeping.bound(shown)
        return Reader(content["name"], roles, content["country"], "session", bound)

    def end(self, request: Request) -> str:
        """Ends the session of a request, and gives the token that names the provider's."""
        content = self._keeping.take("session", request.cookies.get(SESSION, "")) or {}
        return str(content.get("token", ""))


def give(response: Response, name: Name, value: str, lasts: float) -> None:
    """Has a browser keep a cookie."""
    response.set_cookie(
        name, value, max_age=int(lasts), path="/", secure=True, httponly=True, samesite="lax"
    )


def take_away(response: Response, name: Name) -> None:
    """Has a browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
