"""Posts a letter to a webhook, signed as Standard Webhooks says (standardwebhooks.com).

The body is JSON: ``{"format": ..., "alerts": [{"alert": ID, "link": URL}]}``, and three headers::

    webhook-id          the letter's name: the same if it is sent again
    webhook-timestamp   seconds since 1970, of this attempt
    webhook-signature   v1,BASE64 of HMAC-SHA256 over "id.timestamp.body" with the secret

The rules:

1. Any 2xx is taken. A 4xx is refused for good, but for 408, 425 and 429; all else is tried again.
2. No redirection is followed: the receiver is whom the settings name.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode

import aiohttp

from deploy.delivery.attempts import Attempt, tls
from deploy.delivery.hours import Instant
from deploy.delivery.mail import Links
from deploy.delivery.plan import Letter, Outcome
from deploy.delivery.secrets import webhook_secret
from deploy.delivery.settings import Recipient, Settings
from schemas.errors import SouthmedError

FORMAT = "southmed.delivery.v1"
SECONDS = 30.0
_LATER = frozenset({408, 425, 429})


def body(told: Links) -> bytes:
    """What is posted.

    Example:
        >>> body([("00", "https://console.example/00")])
        b'{"format":"southmed.delivery.v1","alerts":[{"alert":"00","link":"https://console.example/00"}]}'
    """
    alerts = [{"alert": alert, "link": link} for alert, link in told]
    return json.dumps({"format": FORMAT, "alerts": alerts}, separators=(",", ":")).encode()


def signature(secret: bytes, name: str, at: Instant, content: bytes) -> str:
    """The value of the header of the signature."""
    signed = b".".join([name.encode(), str(at).encode(), content])
    return "v1," + b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


async def post(
    recipient: Recipient, letter: Letter, told: Links, settings: Settings, now: Instant
) -> Attempt:
    """Posts a letter.

    Args:
        recipient: To whom.
        letter: Which.
        told: What it tells.
        settings: Whom to trust.
        now: The time.
    """
    try:
        status = await _post(recipient, letter, body(told), settings, now)
    except (aiohttp.ClientError, SouthmedError, OSError, TimeoutError, ValueError) as error:
        return Attempt(Outcome.DELAYED, 0, type(error).__name__)
    if 200 <= status < 300:
        return Attempt(Outcome.SENT, status)
    for_good = 400 <= status < 500 and status not in _LATER
    return Attempt(Outcome.REFUSED if for_good else Outcome.DELAYED, status, "HttpStatus")


async def _post(
    recipient: Recipient, letter: Letter, content: bytes, settings: Settings, now: Instant
) -> int:
    if recipient.webhook is None or recipient.secret_file is None:
        raise ValueError("no webhook")
    secret = webhook_secret(recipient.secret_file)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "southmed",
        "webhook-id": letter.id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(secret, letter.id, now, content),
    }
    limit = aiohttp.ClientTimeout(total=SECONDS)
    encrypted = tls(settings.webhook_ca_file)
    async with (
        aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.post(
            recipient.webhook,
            data=content,
            headers=headers,
            allow_redirects=False,
            ssl=encrypted,
        ) as answer,
    ):
        return answer.status
