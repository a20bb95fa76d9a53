"""A small but real OpenID provider on loopback, for tests: it signs, checks PKCE, and can go wrong.

It knows some people and asks for no password: who signs in says who they are, on its page or, for
programs, by the name in the query of its page.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from deploy.console.serving import listening

CLIENT, SECRET = "southmed-console", "a secret: of tests & no other"
PEOPLE: Mapping[str, list[str]] = {
    "vera": ["southmed-readers"],
    "nour": ["southmed-tn"],
    "idir": ["southmed-ma"],
    "anna": ["southmed-analysts"],
    "omar": ["southmed-operators"],
    "both": ["southmed-tn", "southmed-ma"],
    "eve": ["something-else"],
}
"""Who there is, and their groups."""
ROLES = [
    {"claim": "groups", "value": "southmed-readers", "role": "viewer"},
    {"claim": "groups", "value": "southmed-tn", "role": "contact", "country": "TUN"},
    {"claim": "groups", "value": "southmed-ma", "role": "contact", "country": "MAR"},
    {"claim": "groups", "value": "southmed-analysts", "role": "analyst"},
    {"claim": "groups", "value": "southmed-operators", "role": "operator"},
]
"""What console.yaml makes of the groups."""
LIMIT = 20

Claims = dict[str, Any]


def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """The provider.

    Attributes:
        issuer: Its address.
        key: Signs; listed among its keys.
        spoil: Changes the claims of a token before it is signed.
        forge: Signs instead of the key: claims to a token.
        rejoin: Changes the answer that goes back with the browser.
        redirects: Where it may send browsers.
        ends: Whether it has a place for signing out.
        ended: Who signed out there.
    """

    issuer: str = ""
    key: RSAKey = field(default_factory=_key)
    spoil: Callable[[Claims], None] = lambda _claims: None
    forge: Callable[[Claims], str] | None = None
    rejoin: Callable[[dict[str, str]], None] = lambda _answer: None
    redirects: set[str] = field(default_factory=set)
    ends: bool = True
    ended: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def change_key(self) -> None:
        """Signs with another key from now on."""
        self.key = _key()

    def token(self, asked: Mapping[str, str]) -> str:
        now = int(time.time())
        claims: Claims = {
            "iss": self.issuer,
            "sub": asked["who"],
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "groups": PEOPLE[asked["who"]],
        }
        self.spoil(claims)
        if self.forge is not None:
            return self.forge(claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def forged_with_the_client_secret(claims: Claims) -> str:
    """A token that anybody can make who knows what the provider and the console share."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET.ljust(32)))


def forged_with_another_key(claims: Claims) -> str:
    """A token of a key that the provider does not list."""
    return jwt.encode({"alg": "RS256", "kid": "other"}, claims, _key())


def unsigned(claims: Claims) -> str:
    """A token that nobody signed."""
    parts = ({"alg": "none"}, claims)
    told = (base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts)
    return f"{'.'.join(told)}."


def application(provider: Provider) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def about() -> dict[str, str]:
        ends = {"authorization": "authorize", "token": "token"}
        if provider.ends:
            ends["end_session"] = "end"
        found = {f"{name}_endpoint": f"{provider.issuer}/{end}" for name, end in ends.items()}
        return {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/keys", **found}

    @app.get("/favicon.ico", status_code=204)
    def icon() -> None:
        """Browsers ask for one."""

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize", response_model=None)
    def authorize(request: Request) -> HTMLResponse | RedirectResponse:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        assert asked["redirect_uri"] in provider.redirects
        if "who" not in asked:
            links = (f'<li><a href="?{urlencode({**asked, "who": w})}">{w}</a>' for w in PEOPLE)
            return HTMLResponse(f"<!doctype html><title>Who?</title><ul>{''.join(links)}</ul>")
        code = secrets.token_urlsafe(16)
        provider.codes[code] = asked
        answer = {"code": code, "state": asked["state"]}
        provider.rejoin(answer)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        sent = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        asked = provider.codes.pop(sent["code"], None)
        fitting = (
            asked is not None
            and _basic(request) == (CLIENT, SECRET)
            and sent["grant_type"] == "authorization_code"
            and sent["redirect_uri"] == asked["redirect_uri"]
            and create_s256_code_challenge(sent["code_verifier"]) == asked["code_challenge"]
        )
        if not fitting or asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        told = {"access_token": secrets.token_hex(), "token_type": "Bearer"}
        return JSONResponse({**told, "id_token": provider.token(asked)})

    @app.get("/end")
    def end(request: Request) -> RedirectResponse:
        asked = request.query_params
        session = jwt.decode(asked["id_token_hint"], provider.key, algorithms=["RS256"]).claims
        assert session["aud"] == asked["client_id"] == CLIENT
        assert asked["post_logout_redirect_uri"] in provider.redirects
        provider.ended.append(session["sub"])
        query = urlencode({"state": asked["state"]})
        return RedirectResponse(f"{asked['post_logout_redirect_uri']}?{query}", 302)

    return app


def _basic(request: Request) -> tuple[str, str]:
    kind, _, told = request.headers.get("authorization", "").partition(" ")
    assert kind == "Basic"
    name, _, secret = base64.b64decode(told).decode().partition(":")
    return unquote(name), unquote(secret)


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider that answers, in a thread of its own."""
    provider = Provider()
    with listening(0) as listener:
        provider.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        configuration = uvicorn.Config(application(provider), log_config=None, lifespan="off")
        server = uvicorn.Server(configuration)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join(LIMIT)
