"""What came of handing a letter over, and the TLS with which it is done."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from deploy.delivery.errors import DeliverySettingsInvalid
from deploy.delivery.plan import Outcome


class Attempt(NamedTuple):
    """What came of one attempt.

    Attributes:
        outcome: What.
        status: The server's answer, as a number; 0 for none.
        error: Type of what went wrong; never its text, which may name the recipient.
    """

    outcome: Outcome
    status: int = 0
    error: str = ""


def tls(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer; the certificate is verified and must name the host.

    Raises:
        DeliverySettingsInvalid: The file of certificates to trust holds none.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise DeliverySettingsInvalid(expected=f"certificates in {ca_file}") from None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made
