"""Asking the server of a register, and nothing else, over HTTP.

The rules:

1. TLS is verified, always; a national authority's own root comes from a file. Plain ``http`` is
   for the loopback interface alone.
2. What opens the register (a token, a password) comes from a file that only its owner may read. It
   goes to the declared server and nowhere else: redirections are refused.
3. A server that does not answer, is overloaded (429) or stumbles (500, 502, 503, 504) is asked
   again, a few times, with growing pauses; ``Retry-After`` is heeded. Any other answer is final.
4. One answer is held in memory at a time, and none larger than ``LARGEST``.
5. No error tells what an answer held, nor the query that was asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import (
    BaseHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
    getproxies,
)

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from country_adapters.kit.errors import (
    AccessFileInvalid,
    RegisterMissing,
    RegisterUnreadable,
    SourceRefused,
    SourceUnreachable,
)
from schemas.private_files import is_private

LARGEST = 64 * 2**20
REFUSED = (401, 403)
NOT_FOUND = 404
PASSING = (429, 500, 502, 503, 504)
LONGEST_PAUSE = 60.0

Query = Mapping[str, str | int]


def _safe_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("the address of a server") from None
    if not parts.hostname or not port_is_one or parts.query or parts.fragment or "@" in url:
        raise ValueError("the address of a server, without user, query and fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("an address with https; http is for this machine alone")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ServerOptions(BaseModel):
    """What every source on a server declares.

    Attributes:
        url: Address of the server, with the path that it is installed under, if any.
        ca_file: File with the root certificate of the server, where it is not a public one.
        page_size: Rows asked for at once.
        look_every_seconds: Time between two looks when the register is followed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(_safe_url)]
    ca_file: str = ""
    page_size: int = Field(default=500, ge=1, le=1000)
    look_every_seconds: int = Field(default=60, ge=1)


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes:
        attempts: How often a question is asked in all.
        pause: Seconds before the second attempt; doubled before each further one.
        timeout: Seconds without a byte after which an attempt has failed.
        sleep: How to wait.
    """

    attempts: int = 5
    pause: float = 1.0
    timeout: float = 60.0
    sleep: Callable[[float], None] = time.sleep


PATIENT = Patience()


class Answer(NamedTuple):
    """What a server answered."""

    data: Any
    headers: Message


class _NoRedirect(HTTPRedirectHandler):
    """Leaves a redirection as the final answer that it then is."""

    def redirect_request(self, *_: object) -> None:
        return None


class Server:
    """A server that answers in JSON.

    Args:
        options: Its address.
        folder: The folder that the names of files count from.
        patience: How long to wait for it.

    Raises:
        RegisterMissing: The file of the root certificate is not there, or is none.
    """

    def __init__(self, options: ServerOptions, folder: Path, patience: Patience) -> None:
        self.url = options.url
        self.name = urlsplit(options.url).hostname or ""
        self._patience = patience
        self._opener = _opener(folder / options.ca_file if options.ca_file else None)

    def get(self, path: str, query: Query, authorization: str) -> Any:
        """What the server answers to ``GET``.

        Raises:
            SourceUnreachable: It did not answer, also not when asked again.
            SourceRefused: It does not let us in.
            RegisterMissing: It has nothing at this path.
            RegisterUnreadable: It answered, but not with JSON.
        """
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": "application/json", "Authorization": authorization}
        return self._ask(Request(url, headers=headers), path).data  # noqa: S310 (https or loopback)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """What the server answers to ``POST`` without authorisation; raises as ``get``."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        request = Request(f"{self.url}{path}", data, headers)  # noqa: S310 (https or loopback)
        return self._ask(request, path)

    def _ask(self, request: Request, path: str) -> Answer:
        pause = self._patience.pause
        for left in range(self._patience.attempts - 1, -1, -1):
            try:
                with self._opener.open(request, timeout=self._patience.timeout) as response:
                    return Answer(self._parsed(_body(response), path), response.headers)
            except HTTPError as error:
                with error:
                    asked_for = error.headers.get("Retry-After", "")
                if error.code not in PASSING or not left:
                    raise self._final(error.code, path) from None
            except (URLError, OSError, http.client.HTTPException) as error:
                if _is_untrusted(error) or not left:
                    raise self._silent(error) from None
                asked_for = ""
            wait = float(asked_for) if asked_for.isdecimal() else pause
            self._patience.sleep(min(wait, LONGEST_PAUSE))
            pause *= 2
        raise AssertionError("at least one attempt is made")

    def _parsed(self, body: bytes, path: str) -> Any:
        if len(body) > LARGEST:
            raise RegisterUnreadable(
                expected=f"at most {LARGEST} bytes from {path}", got="more; lower `page_size`"
            )
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise RegisterUnreadable(expected=f"JSON from {path}", got="other bytes") from None

    def _final(self, code: int, path: str) -> Exception:
        if code in REFUSED:
            return SourceRefused(expected=f"access to {path} of {self.name}", got=f"status {code}")
        if code == NOT_FOUND:
            return RegisterMissing(expected=f"{path} on {self.name}", got=f"status {code}")
        if code in PASSING or 300 <= code < 400:
            got = f"status {code}"
            return SourceUnreachable(expected=f"an answer of {self.name}", got=got)
        return RegisterUnreadable(expected=f"rows from {path}", got=f"status {code}")

    def _silent(self, error: Exception) -> SourceUnreachable:
        got = "a certificate that does not verify" if _is_untrusted(error) else "none"
        return SourceUnreachable(expected=f"an answer of {self.name}", got=got)


def _body(response: http.client.HTTPResponse) -> bytes:
    """The body, and not what came of it before the connection broke."""
    body = response.read(LARGEST + 1)
    if len(body) <= LARGEST and response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return body


def _is_untrusted(error: Exception) -> bool:
    return isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError)


def _opener(ca_file: Path | None) -> OpenerDirector:
    """Opens URLs without redirections; a proxy of the environment carries TLS only."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise RegisterMissing(expected="the root certificate in `ca_file`", got="none") from None
    proxies = {scheme: url for scheme, url in getproxies().items() if scheme == "https"}
    handlers: list[BaseHandler] = [
        HTTPSHandler(context=context),
        ProxyHandler(proxies),
        _NoRedirect(),
    ]
    return build_opener(*handlers)


def read_access(path: Path) -> str:
    """The one line of a file that opens a register: a token, a user, a password.

    Raises:
        RegisterMissing: There is no such file.
        AccessFileInvalid: Others may read it, or it does not hold one line of plain characters.
    """
    try:
        private = is_private(path)
        text = path.read_text(encoding="utf-8").strip()
    except OSError:
        raise RegisterMissing(expected=f"the file {path.name}", got="none") from None
    except UnicodeDecodeError:
        raise AccessFileInvalid(expected=f"text in {path.name}", got="other bytes") from None
    if not private:
        raise AccessFileInvalid(expected=f"mode 0600 of {path.name}", got="readable by others")
    if not text or not text.isprintable():
        raise AccessFileInvalid(expected=f"one line in {path.name}", got="none, or several")
    return text


def read_token(path: Path) -> str:
    """A token, which travels in a header and is therefore plain ASCII without spaces.

    Raises:
        RegisterMissing: There is no such file.
        AccessFileInvalid: Others may read it, or it does not hold a token.
    """
    token = read_access(path)
    if not token.isascii() or " " in token:
        raise AccessFileInvalid(expected=f"a token in {path.name}", got="other text")
    return token
