"""What is sent to us to change something: small, from a page of ours, by who was shown that page.

The rules:

1. Every form carries a token: a keyed digest of what its reader is bound to. Another site cannot
   know it, and another reader's does not fit.
2. A browser that says that another site sends is believed.
3. What is larger than any form of ours is not read.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request

from deploy.console.errors import FormRefused
from deploy.console.security.roles import Reader, known_reader

TOKEN = "token"  # noqa: S105 - the name of a field
LARGEST = 4096
MOST_FIELDS = 10
KIND = "application/x-www-form-urlencoded"


class Tokens:
    """Makes and checks the tokens of forms.

    Args:
        key: Secret of this console.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def of(self, reader: Reader) -> str:
        """The token of a reader's forms."""
        told = f"form\n{reader.way}\n{reader.name}\n{reader.bound}".encode()
        return hmac.new(self._key, told, sha256).hexdigest()

    def check(self, reader: Reader, token: str) -> None:
        """Compares in constant time.

        Raises:
            FormRefused: It is not the reader's.
        """
        if not hmac.compare_digest(self.of(reader).encode(), token.encode()):
            raise FormRefused(expected="the token of the reader's own page")


async def fields(request: Request) -> Mapping[str, str]:
    """The fields of a form, once it is known to be ours.

    Raises:
        FormRefused: It comes from elsewhere, without its token, or is no form.
    """
    reader, tokens = known_reader(request), request.app.state.console.tokens
    if reader is None:
        raise FormRefused(expected="a reader")
    _check_origin(request)
    if request.headers.get("content-type", "").partition(";")[0].strip() != KIND:
        raise FormRefused(expected=KIND)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise FormRefused(expected=f"at most {LARGEST} bytes")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise FormRefused(expected="fields of a form") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormRefused(expected="every field once")
    tokens.check(reader, found.get(TOKEN, ""))
    return found


def _check_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    if site != "same-origin":
        raise FormRefused(expected="a page of this console")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FormRefused(expected="a page of this console")


Fields = Annotated[Mapping[str, str], Depends(fields)]
