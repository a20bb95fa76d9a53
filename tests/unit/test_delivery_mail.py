"""What a mail and a webhook say: a link and an id, in the reader's language, and nothing else."""

from __future__ import annotations

import email
import email.policy
import json
import re
from base64 import b64decode
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import get_args

import pytest

from deploy.delivery.mail import compose, links, message_id
from deploy.delivery.plan import Item, Letter
from deploy.delivery.settings import Recipient
from deploy.delivery.webhook import body, signature
from deploy.delivery.words import RIGHT_TO_LEFT, WORDS
from schemas.alerts import STATES
from schemas.codelists import Language, codelist
from tests.unit.delivering import CASE, NOON, alert_id, recipient, settings

LANGUAGES: tuple[Language, ...] = get_args(Language)
LETTER = Letter("duty", (Item(alert_id(1), 1), Item(alert_id(2), 7)))
BASE = "https://console.example/alerts/"


def mail_of(language: Language = "en", letter: Letter = LETTER) -> EmailMessage:
    """A mail, as whoever receives it reads it."""
    to = recipient(language=language)
    found = settings(to)
    assert found.smtp is not None
    sent = compose(to, letter, found, found.smtp, NOON).as_bytes()
    read = email.message_from_bytes(sent, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


class Page(HTMLParser):
    """The text, links and direction of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes[tag] = dict(attrs)
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_is_words_that_are_always_the_same_ids_and_links(language: Language) -> None:
    mail, words = mail_of(language), WORDS[language]
    ids = [alert_id(1), alert_id(2)]
    plain = part(mail, "plain")
    assert mail["Subject"] == words.subject
    assert [line for line in plain.splitlines() if line.startswith(BASE)] == [BASE + i for i in ids]
    rest = plain
    for said in (words.look, words.careful, *(BASE + i for i in ids), *ids, words.alert):
        assert said in rest
        rest = rest.replace(said, "")
    assert rest.strip() == "", "nothing else is said"
    page = Page(part(mail, "html"))
    assert page.links == [BASE + i for i in ids]
    said = [words.subject, words.look, *ids, words.careful]
    assert [
        line.removeprefix(words.alert).strip() for line in page.text.splitlines() if line
    ] == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_mail_tells_what_an_alert_is_about(language: Language) -> None:
    """No country, no state, no kind of identifier, in any language."""
    said = " ".join(WORDS[language]).casefold()
    words = set(re.findall(r"\w+", said))
    for list_id in ("CL_REPORTING_COUNTRY", "CL_LINK_TYPE", "CL_EXPLOITATION"):
        for code in codelist(list_id):
            for label in (code.code, *code.labels.values()):
                assert not re.search(rf"\b{re.escape(label.casefold())}\b", said)
    assert not words & {state.casefold() for state in STATES}
    assert CASE not in said


def test_right_to_left_is_right_to_left() -> None:
    assert frozenset({"ar"}) == RIGHT_TO_LEFT
    for language in LANGUAGES:
        page = Page(part(mail_of(language), "html"))
        direction = "rtl" if language == "ar" else "ltr"
        assert page.attributes["html"] == {"lang": language, "dir": direction}
        assert page.attributes["bdi"] == {"dir": "ltr"}, "ids are read from left to right"
    letters = re.sub(r"[\W\d_]|southmed", "", " ".join(WORDS["ar"]))
    assert re.fullmatch(r"[\u0600-\u06ff]+", letters)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_does_not_say_whether_its_words_were_reviewed(language: Language) -> None:
    assert "review" not in part(mail_of(language), "plain").casefold()


def test_the_headers_of_a_mail() -> None:
    mail = mail_of("fr")
    assert {name: str(mail[name]) for name in mail if name != "Content-Type"} == {
        "From": "southmed@mail.example",
        "To": "duty@inbox.example",
        "Subject": "southmed : un élément à consulter",
        "Date": "Wed, 01 Jul 2026 11:00:00 +0000",
        "Message-ID": f"<{LETTER.id}@mail.example>",
        "Content-Language": "fr",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }


def test_a_mail_that_is_made_again_is_the_same_to_the_byte() -> None:
    to = recipient(language="ar")
    found = settings(to)
    assert found.smtp is not None
    first, second = (compose(to, LETTER, found, found.smtp, NOON).as_bytes() for _ in range(2))
    assert first == second
    assert all(len(line) <= 998 for line in first.split(b"\r\n"))


def test_the_message_id_follows_from_alert_revision_and_recipient() -> None:
    smtp = settings().smtp
    assert smtp is not None

    def of(who: str, number: int, revision: int) -> str:
        return message_id(Letter(who, (Item(alert_id(number), revision),)), smtp)

    assert of("duty", 1, 1) == of("duty", 1, 1)
    assert len({of("duty", 1, 1), of("duty", 1, 2), of("duty", 2, 1), of("head", 1, 1)}) == 4
    assert re.fullmatch(r"<[0-9a-f]{40}@mail\.example>", of("duty", 1, 1))


def test_a_webhook_is_told_ids_and_links() -> None:
    told = json.loads(body(links(settings(), LETTER)))
    assert told == {
        "format": "southmed.delivery.v1",
        "alerts": [{"alert": i, "link": BASE + i} for i in (alert_id(1), alert_id(2))],
    }


def test_signatures_are_those_of_standard_webhooks() -> None:
    """A published example of the standard, of a secret shorter than we take."""
    made = signature(
        b64decode("plJ3nmyCDGBKInavdOK15jsl"),
        "msg_loFOjxBNrRLzqYUf",
        1731705121,
        b'{"event_type":"ping","data":{"success":true}}',
    )
    assert made == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_every_language_has_all_words() -> None:
    assert set(WORDS) == set(LANGUAGES)
    assert all(all(words) for words in WORDS.values())
    assert len({words.look for words in WORDS.values()}) == len(LANGUAGES)
    assert isinstance(recipient(), Recipient)
