"""Mails: what a letter looks like as one, in plain text and in HTML."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from deploy.delivery.hours import Instant
from deploy.delivery.plan import Letter
from deploy.delivery.settings import Recipient, Settings, Smtp
from deploy.delivery.words import RIGHT_TO_LEFT, WORDS, Words

Links = list[tuple[str, str]]
"""Ids of alerts, and where each is looked at."""


def links(settings: Settings, letter: Letter) -> Links:
    """What a letter tells: all that it may."""
    return [(item.alert, settings.link(item.alert)) for item in letter.items]


def message_id(letter: Letter, smtp: Smtp) -> str:
    """Follows from alerts, revisions and recipient: a mail that is sent again has the same."""
    return f"<{letter.id}@{smtp.sender.rpartition('@')[2]}>"


def compose(
    recipient: Recipient, letter: Letter, settings: Settings, smtp: Smtp, made: Instant
) -> EmailMessage:
    """The mail of a letter; the same whenever it is made.

    Args:
        recipient: Who gets it.
        letter: What is told.
        settings: Where links lead.
        smtp: Who sends it.
        made: When the letter was made.
    """
    words, told = WORDS[recipient.language], links(settings, letter)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = smtp.sender
    mail["To"] = recipient.mail or ""
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(made, UTC))
    mail["Message-ID"] = message_id(letter, smtp)
    # Neither absence notes nor lists shall answer.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_plain(words, told))
    mail.add_alternative(_html(words, told, recipient), subtype="html")
    # Who sets the content of a mail takes such headers away.
    mail["Content-Language"] = recipient.language
    mail.set_boundary(letter.id)
    return mail


def _plain(words: Words, told: Links) -> str:
    # Ids and links stand on lines of their own, which are then read from left to right.
    blocks = [f"{words.alert}\n{alert}\n{link}" for alert, link in told]
    return "\n\n".join([words.look, *blocks, words.careful]) + "\n"


def _html(words: Words, told: Links, recipient: Recipient) -> str:
    language = recipient.language
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    listed = "".join(
        f'<li>{escape(words.alert)} <a href="{escape(link)}"><bdi dir="ltr">{escape(alert)}</bdi>'
        "</a></li>\n"
        for alert, link in told
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n'
        f'<head><meta charset="utf-8"><title>{escape(words.subject)}</title></head>\n'
        f"<body>\n<p>{escape(words.look)}</p>\n<ul>\n{listed}</ul>\n"
        f"<p>{escape(words.careful)}</p>\n</body>\n</html>\n"
    )
