"""Letters on their way: to a real mail server with STARTTLS, and to a real receiver of webhooks."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deploy.delivery.attempts import Attempt
from deploy.delivery.book import Book
from deploy.delivery.plan import Outcome
from deploy.delivery.service import Delivery, check_secrets
from deploy.delivery.settings import Recipient
from deploy.running.logs import install
from schemas.errors import KeyFileInvalid
from schemas.kafka import Broker
from schemas.trust import TrustDocument
from tests.unit.delivering import HOUR, NOON, alert_id, contact, recipient, settings
from tests.unit.post import Certificate, MailServer, Receiver

SENT, DELAYED, REFUSED = Outcome.SENT, Outcome.DELAYED, Outcome.REFUSED
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105 - of tests


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[MailServer]:
    with MailServer().serving(starttls=certificate.context) as made:
        yield made


class Post:
    """A delivery whose clock stands still until it is set."""

    def __init__(self, folder: Path, smtp: dict[str, Any] | None, *who: Recipient, **more: Any):
        self.now = NOON
        fields = {**({"smtp": smtp} if smtp else {}), **more}
        made = settings(*who, **fields)
        self.book = Book(folder / "book.sqlite", made.reader)
        self.delivery = Delivery(made, self.book, Broker("127.0.0.1:1"), _no_trust, self.clock)

    def clock(self) -> int:
        return self.now

    async def tells(self, *numbers: int) -> dict[str, Attempt]:
        """Hears new alerts and posts; what came of it, by recipient."""
        self.delivery.heard([contact(number) for number in numbers])
        tried = await self.delivery.post()
        return {one.entry.letter.recipient: one.attempt for one in tried}


def _no_trust() -> TrustDocument:
    raise AssertionError("nothing is read here")


def starttls(server: MailServer, certificate: Certificate, **more: Any) -> dict[str, Any]:
    return {
        "host": "localhost",
        "port": server.port,
        "sender": "southmed@mail.example",
        "ca_file": certificate.pem,
        **more,
    }


# --- Mail ----------------------------------------------------------------------------------------


async def test_a_mail_goes_by_starttls_to_whom_it_is_for(
    tmp_path: Path, server: MailServer, certificate: Certificate
) -> None:
    smtp = starttls(server, certificate)
    post = Post(tmp_path, smtp, recipient("duty"), recipient("head", language="ar"))
    assert await post.tells(1) == {"duty": Attempt(SENT), "head": Attempt(SENT)}
    found = {mail.to: mail for mail in server.mails}
    assert set(found) == {"duty@inbox.example", "head@inbox.example"}
    assert all(mail.encrypted and mail.sender == "southmed@mail.example" for mail in server.mails)
    assert f"https://console.example/alerts/{alert_id(1)}" in found["head@inbox.example"].part(
        "plain"
    )
    assert 'dir="rtl"' in found["head@inbox.example"].part("html")
    assert await post.tells(1) == {}


async def test_a_mail_goes_by_tls_from_the_first_byte(
    tmp_path: Path, certificate: Certificate
) -> None:
    with MailServer().serving(tls=certificate.context) as server:
        post = Post(tmp_path, starttls(server, certificate, security="tls"))
        assert await post.tells(1) == {"duty": Attempt(SENT)}
        assert len(server.mails) == 1


async def test_a_server_without_starttls_hears_no_address(
    tmp_path: Path, certificate: Certificate
) -> None:
    with MailServer().serving() as server:
        post = Post(tmp_path, starttls(server, certificate))
        told = await post.tells(1)
        assert (told["duty"].outcome, server.heard, server.mails) == (DELAYED, [], [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_with_the_wrong_certificate_hears_no_address(
    tmp_path: Path, certificate: Certificate, security: str
) -> None:
    other = Certificate(tmp_path, "other.example")
    context = {security: other.context}
    for pem in (certificate.pem, other.pem):  # unknown, then known but of another host
        with MailServer().serving(**context) as server:
            smtp = starttls(server, certificate, security=security, ca_file=pem)
            folder = tmp_path / pem.stem
            folder.mkdir()
            told = await Post(folder, smtp).tells(1)
            assert (told["duty"].outcome, server.heard) == (DELAYED, [])


async def test_a_password_comes_from_its_file_and_is_read_anew(
    tmp_path: Path, certificate: Certificate
) -> None:
    word = tmp_path / "smtp.password"
    word.write_text("old\n")
    word.chmod(0o600)
    server = MailServer(password=word.read_text().replace("old", "new").strip())
    with server.serving(starttls=certificate.context):
        smtp = starttls(server, certificate, user="southmed", password_file=word)
        post = Post(tmp_path, smtp)
        assert (await post.tells(1))["duty"] == Attempt(DELAYED, 535, "SMTPAuthenticationError")
        word.write_text("new\n")
        post.now += 60
        assert (await post.tells())["duty"].outcome is SENT
        assert [mail.user for mail in server.mails] == ["southmed"]


REFUSALS = [
    ("550 5.1.1 no such user", REFUSED, 550),
    ("554 5.7.1 not wanted", REFUSED, 554),
    ("530 5.7.0 authentication required", DELAYED, 530),
    ("450 4.2.0 come back later", DELAYED, 450),
    ("452 4.2.2 mailbox full", DELAYED, 452),
]


@pytest.mark.parametrize(("answer", "outcome", "status"), REFUSALS)
async def test_what_is_said_of_a_recipient_concerns_no_other(
    tmp_path: Path,
    server: MailServer,
    certificate: Certificate,
    answer: str,
    outcome: Outcome,
    status: int,
) -> None:
    server.refusals["gone@inbox.example"] = answer
    post = Post(tmp_path, starttls(server, certificate), recipient("gone"), recipient("duty"))
    told = await post.tells(1)
    assert told["gone"][:2] == (outcome, status)
    assert told["duty"] == Attempt(SENT)
    post.now += HOUR
    again = await post.tells()
    assert ("gone" in again) == (outcome is DELAYED)


async def test_a_mail_that_is_refused_for_good_is_not_tried_again_unless_somebody_says_so(
    tmp_path: Path, server: MailServer, certificate: Certificate
) -> None:
    server.content_refusal = "554 5.6.0 not this"
    post = Post(tmp_path, starttls(server, certificate))
    assert (await post.tells(1))["duty"] == Attempt(REFUSED, 554, "SMTPDataError")
    (refused,) = post.book.refused()
    server.content_refusal = ""
    post.now += 100 * HOUR
    assert await post.tells() == {}
    assert post.book.try_refused_again(post.now) == 1
    assert (await post.tells())["duty"] == Attempt(SENT)
    assert [mail.id for mail in server.mails] == [f"<{refused.letter.id}@mail.example>"]


async def test_while_the_server_is_away_letters_wait_and_are_told_once(
    tmp_path: Path, certificate: Certificate
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = MailServer(port=port)
    post = Post(tmp_path, starttls(away, certificate))
    assert (await post.tells(1))["duty"].outcome is DELAYED
    assert await post.tells(2) == {"duty": Attempt(DELAYED, 0, "SMTPConnectError")}, (
        "the second letter is tried, the first waits for its time"
    )
    with away.serving(starttls=certificate.context, port=port):
        post.now += 60
        assert (await post.tells())["duty"] == Attempt(SENT)
        assert await post.tells() == {}
    assert len({mail.id for mail in away.mails}) == len(away.mails) == 2


async def test_a_digest_is_one_mail(
    tmp_path: Path, server: MailServer, certificate: Certificate
) -> None:
    post = Post(tmp_path, starttls(server, certificate), recipient(digest={"daily": "13:00"}))
    assert await post.tells(1) == {}
    assert await post.tells(2) == {}
    post.now += HOUR
    assert await post.tells() == {"duty": Attempt(SENT)}
    (mail,) = server.mails
    assert [alert_id(n) in mail.part("plain") for n in (1, 2)] == [True, True]


async def test_while_kafka_is_away_letters_are_sent(
    tmp_path: Path, server: MailServer, certificate: Certificate
) -> None:
    came = threading.Event()
    server.before_taking = came.set
    post = Post(tmp_path, starttls(server, certificate))
    post.delivery.heard([contact(1)])
    running = asyncio.create_task(post.delivery.run())
    try:
        assert await asyncio.to_thread(came.wait, 20)
        assert not running.done()
    finally:
        running.cancel()


async def test_a_reading_that_fails_for_no_known_reason_ends_the_process(
    tmp_path: Path,
    server: MailServer,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("deploy.delivery.service.following", broken)
    post = Post(tmp_path, starttls(server, certificate))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(post.delivery.run(), 20)


async def test_what_is_counted(
    tmp_path: Path, server: MailServer, certificate: Certificate
) -> None:
    server.refusals |= {"gone@inbox.example": "550 no", "slow@inbox.example": "450 wait"}
    who = [recipient(name) for name in ("gone", "slow", "duty")]
    late = recipient("late", digest={"daily": "13:00"})
    post = Post(tmp_path, starttls(server, certificate), *who, late)
    await post.tells(1, 2)
    values = {
        name: post.delivery.meters.registry.get_sample_value(f"southmed_delivery_{name}")
        for name in ("sent_total", "delayed_total", "refused_total", "waiting", "held")
    }
    assert values == {
        "sent_total": 1.0,
        "delayed_total": 1.0,
        "refused_total": 1.0,
        "waiting": 1.0,
        "held": 2.0,
    }


async def test_what_nobody_foresaw_in_one_letter_keeps_no_other_back(
    tmp_path: Path,
    server: MailServer,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object) -> Attempt:
        raise ZeroDivisionError

    monkeypatch.setattr("deploy.delivery.webhook.post", broken)
    hook = recipient("hook", webhook="https://localhost", secret_file=tmp_path / "none")
    post = Post(tmp_path, starttls(server, certificate), hook, recipient("duty"))
    assert await post.tells(1) == {
        "hook": Attempt(DELAYED, 0, "ZeroDivisionError"),
        "duty": Attempt(SENT),
    }


async def test_no_log_line_tells_an_address(
    tmp_path: Path,
    server: MailServer,
    certificate: Certificate,
    capfd: pytest.CaptureFixture[str],
) -> None:
    server.refusals["gone@inbox.example"] = "550 no gone@inbox.example here"
    server.refusals["slow@inbox.example"] = "450 slow@inbox.example is busy"
    who = [recipient(name) for name in ("gone", "slow", "duty")]
    post = Post(tmp_path, starttls(server, certificate), *who)
    level = logging.getLogger().level
    install(verbose=True)
    try:
        await post.tells(1)
    finally:
        logging.getLogger().setLevel(level)
    told = capfd.readouterr().err
    for event in ("letter_refused", "letter_delayed", "letter_sent"):
        assert event in told
    assert "inbox" not in told
    assert "@" not in told


# --- Webhooks ------------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "hook.secret"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


def hook(receiver: Receiver, secret: Path, scheme: str = "https") -> Recipient:
    url = f"{scheme}://localhost:{receiver.port}/southmed?of=us"
    return recipient("hook", webhook=url, secret_file=secret)


async def test_a_webhook_is_signed_so_that_its_receiver_can_tell(
    tmp_path: Path, certificate: Certificate, secret: Path
) -> None:
    with Receiver().serving(certificate.context) as receiver:
        post = Post(tmp_path, None, hook(receiver, secret), webhook_ca_file=certificate.pem)
        assert await post.tells(1, 2) == {"hook": Attempt(SENT, 204)}
        ((headers, content),) = receiver.posts
    name, at = headers["webhook-id"], headers["webhook-timestamp"]
    key = b64decode(SECRET.removeprefix("whsec_"))
    expected = hmac.new(key, f"{name}.{at}.".encode() + content, sha256).digest()
    assert headers["webhook-signature"] == "v1," + b64encode(expected).decode()
    assert at == str(NOON)
    assert [one["alert"] for one in json.loads(content)["alerts"]] == [alert_id(1), alert_id(2)]


ANSWERS = [
    (200, SENT),
    (204, SENT),
    (302, DELAYED),
    (400, REFUSED),
    (404, REFUSED),
    (408, DELAYED),
    (425, DELAYED),
    (429, DELAYED),
    (500, DELAYED),
    (503, DELAYED),
]


@pytest.mark.parametrize(("status", "outcome"), ANSWERS)
async def test_what_a_receiver_answers_decides(
    tmp_path: Path, secret: Path, status: int, outcome: Outcome
) -> None:
    with Receiver(answers=[status]).serving() as receiver:
        post = Post(tmp_path, None, hook(receiver, secret, "http"))
        assert (await post.tells(1))["hook"][:2] == (outcome, status)
        assert len(receiver.posts) == 1, "no redirection is followed"
        post.now += 60
        assert bool(await post.tells()) == (outcome is DELAYED)
        names = {headers["webhook-id"] for headers, _ in receiver.posts}
        assert len(names) == 1, "what is sent again has the same name"


async def test_a_receiver_with_an_unknown_certificate_is_told_nothing(
    tmp_path: Path, certificate: Certificate, secret: Path
) -> None:
    with Receiver().serving(certificate.context) as receiver:
        post = Post(tmp_path, None, hook(receiver, secret))
        assert (await post.tells(1))["hook"].outcome is DELAYED
        assert receiver.posts == []


# --- The book ------------------------------------------------------------------------------------


def test_no_address_and_no_content_of_an_alert_is_in_the_book(
    tmp_path: Path, server: MailServer, certificate: Certificate
) -> None:
    post = Post(tmp_path, starttls(server, certificate))
    asyncio.run(post.tells(1))
    post.book.close()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("book.sqlite*"))
    assert alert_id(1).encode() in content
    for word in (b"inbox", b"mail.example", b"LBN", b"PHONE", b"Two cases"):
        assert word not in content


def test_files_that_the_settings_name_are_read_before_they_are_needed(tmp_path: Path) -> None:
    who = recipient("hook", webhook="https://localhost", secret_file=tmp_path / "none")
    with pytest.raises(KeyFileInvalid):
        check_secrets(settings(who))
