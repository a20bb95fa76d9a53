"""Hands a mail to the mail server of the settings.

The rules:

1. With ``starttls`` nothing is said, neither a password nor an address, before the connection is
   encrypted. A server that does not offer it, or shows a wrong certificate, gets no mail.
2. Refused for good is what the server says of the recipient or of the mail with a number of 500 or
   above. All else may be the server's own trouble, and is tried again: a sender that it does not
   know, a wrong password, silence.
3. Once the server has taken a mail it is sent, even if taking leave fails.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiosmtplib import SMTP, SMTPException
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from deploy.delivery.attempts import Attempt, tls
from deploy.delivery.plan import Outcome
from deploy.delivery.secrets import password
from deploy.delivery.settings import Smtp
from schemas.errors import SouthmedError

SECONDS = 30.0
LEAVE_SECONDS = 2.0
_FOR_GOOD = 500
_NOT_OF_THE_RECIPIENT = frozenset({530, 535, 538})
"""Answers that ask us to log in, or to encrypt."""


async def send(mail: bytes, to: str, smtp: Smtp) -> Attempt:
    """Hands over a mail.

    Args:
        mail: As it travels.
        to: To which address.
        smtp: Which server.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await _send(mail, to, smtp)
    except SMTPRecipientsRefused as error:
        return _refused(error.recipients[0])
    except (SMTPDataError, SMTPRecipientRefused) as error:
        return _refused(error)
    except SMTPResponseException as error:
        return Attempt(Outcome.DELAYED, error.code, type(error).__name__)
    except (SMTPException, SouthmedError, OSError, TimeoutError, ValueError) as error:
        return Attempt(Outcome.DELAYED, 0, type(error).__name__)


async def _send(mail: bytes, to: str, smtp: Smtp) -> Attempt:
    client = SMTP(
        hostname=smtp.host,
        port=smtp.port,
        use_tls=smtp.security == "tls",
        start_tls=smtp.security == "starttls",
        tls_context=None if smtp.security == "plain" else tls(smtp.ca_file),
        username=smtp.user,
        password=password(smtp.password_file) if smtp.password_file else None,
        # What this machine is called is nobody's business.
        local_hostname=smtp.sender.rpartition("@")[2],
        timeout=SECONDS,
    )
    await client.connect()
    try:
        await client.sendmail(smtp.sender, [to], mail)
        with suppress(SMTPException, OSError, TimeoutError):
            await client.quit(timeout=LEAVE_SECONDS)
    finally:
        client.close()
    return Attempt(Outcome.SENT)


def _refused(error: SMTPResponseException) -> Attempt:
    for_good = error.code >= _FOR_GOOD and error.code not in _NOT_OF_THE_RECIPIENT
    outcome = Outcome.REFUSED if for_good else Outcome.DELAYED
    return Attempt(outcome, error.code, type(error).__name__)
