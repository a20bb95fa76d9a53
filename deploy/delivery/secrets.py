"""Passwords and webhook secrets: one line in a private file, read whenever it is needed.

So a new one holds at once, and none is kept longer than a connection is open.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from pathlib import Path

from deploy.delivery.errors import DeliverySecretInvalid
from schemas.private_files import read_private

WEBHOOK_PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64


def password(path: Path) -> str:
    """A password.

    Raises:
        KeyFileInvalid: The file is not there, or others than its owner may read it.
        DeliverySecretInvalid: It holds no single line.
    """
    try:
        lines = read_private(path).decode().splitlines()
    except UnicodeDecodeError:
        lines = []
    if len(lines) != 1 or not lines[0]:
        raise DeliverySecretInvalid(expected=f"one line in {path}")
    return lines[0]


def webhook_secret(path: Path) -> bytes:
    """The secret of a webhook, as Standard Webhooks writes it.

    Raises:
        KeyFileInvalid: The file is not there, or others than its owner may read it.
        DeliverySecretInvalid: It is no such secret.
    """
    prefix, found, encoded = password(path).partition(WEBHOOK_PREFIX)
    try:
        secret = b64decode(encoded, validate=True)
    except binascii.Error:
        secret = b""
    if prefix or not found or not LEAST_BYTES <= len(secret) <= MOST_BYTES:
        bounds = f"{LEAST_BYTES} to {MOST_BYTES} bytes"
        raise DeliverySecretInvalid(expected=f"{WEBHOOK_PREFIX} and base64 of {bounds} in {path}")
    return secret
