"""Signing in by OpenID Connect: the code flow with PKCE, a state and a nonce.

The rules:

1. The provider is who its own discovery document says, under the issuer that was configured, and
   all its addresses are over TLS (or on loopback).
2. A sign-in belongs to the browser that began it: state, nonce and PKCE's secret lie with the
   console, under a cookie, for `WHILE` seconds and for one answer.
3. An identity token is signed by a key of the provider, with one of `ALGORITHMS`, for us, for this
   sign-in, and not out of date. It is kept with the session if the provider can be asked to end its
   own one too: it says which. Of the provider's other tokens none is kept.
4. The provider's keys are asked for once more when a token names one that is not known: they were
   changed.
5. Whatever else happens is no sign-in.
"""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from deploy.console.errors import ProviderUnreachable, SignInFailed
from deploy.console.security.settings import OpenIdSettings, safe_address
from schemas.private_files import read_private

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
WHILE = 600.0
PATIENCE = 8.0
LEEWAY = 60
LARGEST = 1 << 20
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Flow:
    """A sign-in under way.

    Attributes:
        state: Comes back with the answer.
        nonce: Comes back in the identity token.
        verifier: PKCE's secret.
        back: The page that somebody wanted to see.
    """

    state: str
    nonce: str
    verifier: str
    back: str


class Told(NamedTuple):
    """What the provider says of who signed in.

    Attributes:
        claims: Of the identity token.
        token: The identity token itself; empty if nothing will be asked with it.
    """

    claims: Mapping[str, Any]
    token: str


class Provider:
    """The provider, as this console uses it.

    Args:
        settings: Who it is.
        redirect: Where it sends browsers back to.
        farewell: Where it sends them after they signed out there.
        clock: The time, in seconds since 1970.
    """

    def __init__(
        self,
        settings: OpenIdSettings,
        redirect: str,
        farewell: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._redirect = redirect
        self._farewell = farewell
        self._clock = clock
        self._about: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None
        file = settings.client_secret_file
        self._secret = read_private(file).decode().strip() if file else ""

    async def begin(self, back: str) -> tuple[str, Flow]:
        """A new sign-in.

        Args:
            back: The page that somebody wanted to see.

        Returns:
            Where to send the browser, and what to keep until it is back.

        Raises:
            ProviderUnreachable: The provider does not say where.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        flow = Flow(state, nonce, verifier, back)
        about = await self._discovered()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._redirect,
            "scope": " ".join(self.settings.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        at = about["authorization_endpoint"]
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}", flow

    async def finish(self, flow: Flow, answer: Mapping[str, str]) -> Told:
        """What the provider says of who signed in.

        Args:
            flow: As it was begun.
            answer: What came back with the browser.

        Raises:
            SignInFailed: Somebody else's answer, a refusal, or a token that does not hold.
            ProviderUnreachable: The provider does not answer.
        """
        if not secrets.compare_digest(flow.state.encode(), answer.get("state", "").encode()):
            raise SignInFailed(expected="the state of this sign-in")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise SignInFailed(expected="an answer of the configured issuer")
        if "code" not in answer:
            raise SignInFailed(expected="a code", got="a refusal by the provider")
        told = await self._exchanged(answer["code"], flow.verifier)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise SignInFailed(expected="an identity token")
        claims = await self._claims(token, flow.nonce)
        return Told(claims, token if await self._end() else "")

    async def ending(self, token: str) -> tuple[str, str] | None:
        """Where to send a browser so that the provider ends its own session too.

        Args:
            token: The identity token of the session.

        Returns:
            The address and the state that comes back; None where the provider does not say where,
            or does not answer: the session here has ended all the same.
        """
        try:
            at = await self._end() if token else ""
        except ProviderUnreachable:
            at = ""
        if not at:
            return None
        state = secrets.token_urlsafe(32)
        asked = {
            "id_token_hint": token,
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": self._farewell,
            "state": state,
        }
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}", state

    async def _end(self) -> str:
        """The provider's own place for signing out; empty for none that is safe."""
        at = str((await self._discovered()).get("end_session_endpoint", ""))
        try:
            safe_address(at.partition("?")[0])
        except ValueError:
            return ""
        return at

    async def _exchanged(self, code: str, verifier: str) -> Mapping[str, Any]:
        about = await self._discovered()
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
        }
        auth = None
        if self._secret:
            # RFC 6749, 2.3.1: both are form-encoded before they are put together.
            auth = httpx.BasicAuth(quote(self.settings.client_id, ""), quote(self._secret, ""))
        else:
            sent["client_id"] = self.settings.client_id
        return await self._asked("POST", about["token_endpoint"], data=sent, auth=auth)

    async def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        try:
            decoded = await self._verified(token)
            rules = jwt.JWTClaimsRegistry(
                now=int(self._clock()),
                leeway=LEEWAY,
                iss={"essential": True, "value": self.settings.issuer},
                sub={"essential": True},
                aud={"essential": True, "value": self.settings.client_id},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            rules.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise SignInFailed(expected="a valid token", got=type(error).__name__) from None
        party = decoded.claims.get("azp", self.settings.client_id)
        several = isinstance(decoded.claims["aud"], list) and len(decoded.claims["aud"]) > 1
        if party != self.settings.client_id or (several and "azp" not in decoded.claims):
            raise SignInFailed(expected="a token for this console")
        return decoded.claims

    async def _verified(self, token: str) -> jwt.Token:
        for again in (False, True):
            keys = await self._known_keys(again=again)
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                if again:
                    raise
        raise AssertionError

    async def _known_keys(self, *, again: bool) -> KeySet:
        if self._keys is None or again:
            about = await self._discovered()
            told = await self._asked("GET", about["jwks_uri"])
            self._keys = KeySet.import_key_set(told)  # type: ignore[arg-type]
        return self._keys

    async def _discovered(self) -> Mapping[str, Any]:
        if self._about is None:
            about = await self._asked("GET", self.settings.issuer.rstrip("/") + WELL_KNOWN)
            if about.get("issuer") != self.settings.issuer:
                raise ProviderUnreachable(expected="the configured issuer", got="another")
            try:
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    safe_address(about[name].partition("?")[0])
            except (KeyError, AttributeError, ValueError):
                raise ProviderUnreachable(expected="a whole discovery document") from None
            self._about = about
        return self._about

    async def _asked(self, method: str, address: str, **more: Any) -> Mapping[str, Any]:
        authorities = self.settings.authorities
        verify = ssl.create_default_context(cafile=authorities and str(authorities))
        try:
            async with httpx.AsyncClient(
                verify=verify, timeout=PATIENCE, trust_env=False
            ) as client:
                answer = await client.request(method, address, **more)
                told = answer.json() if len(answer.content) <= LARGEST else None
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnreachable(got=type(error).__name__) from None
        if answer.status_code in (400, 401, 403):
            raise SignInFailed(
                expected="a code that the provider takes", got=f"{answer.status_code}"
            )
        if answer.status_code != 200 or not isinstance(told, dict):
            raise ProviderUnreachable(got=f"status {answer.status_code}")
        return told


def kept(flow: Flow) -> dict[str, str]:
    """A flow as it is kept."""
    return asdict(flow)
