"""The settings of a delivery: what is not safe is refused, and no error tells what stood there."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from deploy.delivery.errors import DeliverySecretInvalid, DeliverySettingsInvalid
from deploy.delivery.hours import Digest, Quiet
from deploy.delivery.secrets import password, webhook_secret
from deploy.delivery.settings import load, parse
from schemas.alerts import ANALYSTS, CONTACTS, EVERYBODY
from schemas.errors import KeyFileInvalid
from tests.unit.deployment import SYSTEMD

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "delivery.md").read_text("utf-8")
EXAMPLE = PAGE.split("```yaml\n")[1].split("```")[0]
SCHEMA = Draft7Validator(
    json.loads((ROOT / "docs/schemas/delivery.schema.json").read_text("utf-8"))
)


def underlined(text: str) -> bool:
    """Whether an editor with the schema would underline something."""
    return any(SCHEMA.iter_errors(yaml.safe_load(text)))


def refusal(text: str) -> str:
    with pytest.raises(DeliverySettingsInvalid) as caught:
        parse(text.encode())
    return str(caught.value)


def test_the_example_of_the_page_says_what_it_says() -> None:
    found = parse(EXAMPLE.encode())
    duty, head, system = found.recipients
    assert found.channel is CONTACTS["TUN"]
    assert duty.hours.quiet == Quiet(time(19), time(7), frozenset({6}))
    assert head.hours.digest == Digest(time(8), 0)
    assert (duty.states, head.weights) == (("NEW", "RETRACTED"), ("FIRM",))
    assert system.mail is None
    assert not underlined(EXAMPLE)


def test_the_example_for_machines_is_one() -> None:
    content = (SYSTEMD / "etc" / "delivery-contact.tn.yaml").read_text("utf-8")
    assert parse(content.encode()).reader == "contact.tn"
    assert not underlined(content)


@pytest.mark.parametrize(
    ("reader", "channel"),
    [("contact.lb", CONTACTS["LBN"]), ("analyst.coe", ANALYSTS), ("everybody", EVERYBODY)],
)
def test_every_reader_has_its_channel(reader: str, channel: Any) -> None:
    assert parse(EXAMPLE.replace("contact.tn", reader).encode()).channel is channel


def test_a_link_is_the_console_and_the_id() -> None:
    found = parse(EXAMPLE.encode())
    slashed = parse(EXAMPLE.replace("/alerts ", "/alerts/ ").encode())
    assert found.link("00ff") == slashed.link("00ff") == "https://console.example/alerts/00ff"


def test_paths_start_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "delivery.yaml").write_text(EXAMPLE, "utf-8")
    found = load(tmp_path / "delivery.yaml")
    assert found.smtp is not None
    assert found.book == tmp_path / "delivery.sqlite"
    assert found.smtp.password_file == tmp_path / "smtp.password"
    assert found.recipients[2].secret_file == tmp_path / "cases.secret"


WRONG = [
    ("reader: contact.tn", "reader: contact.fr", "the whole: reader", True),
    ("reader: contact.tn\n", "", "reader: missing", True),
    ("https://console.example", "http://console.example", "console_url: not https", False),
    ("console.example/alerts ", "console.example/a?b=c ", "console_url: with a query", False),
    ("https://console", "https://officer:word@console", "console_url: not a URL", False),
    ("security: starttls", "security: plain", "smtp: plain to another machine", False),
    ("security: starttls", "security: none", "smtp.security: literal_error", True),
    ("  user: southmed\n", "", "smtp: user and password_file go together", False),
    ("https://cases.", "http://cases.", "recipients.2.webhook: not https", False),
    ("https://cases.", "ftp://cases.", "recipients.2.webhook: string_pattern_mismatch", True),
    ("    secret_file: cases.secret", "", "recipients.2: secret_file goes with webhook", False),
    ("zone: Africa/Tunis", "zone: Tunisia", "recipients.0.zone: not a time zone", False),
    ("    zone: Africa/Tunis\n", "", "recipients.0.zone: missing", True),
    ('"19:00"', "19:00", "recipients.0.quiet.from: not a time in quotes", True),
    ('"19:00"', '"25:00"', "recipients.0.quiet.from: not a time in quotes", True),
    ('"19:00"', '"07:00"', "recipients.0.quiet: from and until are the same", False),
    ('until: "07:00", ', "", "recipients.0.quiet: from and until go together", False),
    ("days: [SUN]", "days: [SUNDAY]", "recipients.0.quiet.days.0: literal_error", True),
    ("{weekly: MON, at:", "{weekly: MON, daily:", "recipients.1.digest", True),
    ("mail: duty@mail.example", "mail: duty", "recipients.0.mail: string_pattern_mismatch", True),
    ("mail: duty@mail.example", "telephone: 1", "recipients.0.?: extra_forbidden", True),
    ("mail: duty@mail.example", "", "recipients.0: either mail or webhook", False),
    ("name: head-of-unit", "name: duty-officer", "recipients: a name twice", False),
    ("name: head-of-unit", "name: Ms Ben Ali", "recipients.1.name: string_pattern_mismatch", True),
    ("[NEW, CONFIRMED, RETRACTED]", "[NEWS]", "recipients.1.states.0: literal_error", True),
    ("[FIRM]", "[]", "recipients.1.weights: too_short", True),
    ("language: fr", "language: de", "recipients.0.language: literal_error", True),
    ("reader: contact.tn", "- reader", "YAML", False),
]


@pytest.mark.parametrize(("old", "new", "place", "seen"), WRONG, ids=[f"{w[1]}" for w in WRONG])
def test_what_is_wrong_is_refused_with_its_place(
    old: str, new: str, place: str, seen: bool
) -> None:
    assert old in EXAMPLE
    broken = EXAMPLE.replace(old, new, 1)
    assert place in refusal(broken)
    if seen:
        assert underlined(broken), "and an editor underlines it"


def test_mail_needs_a_server() -> None:
    fields = yaml.safe_load(EXAMPLE)
    del fields["smtp"]
    assert "smtp: missing" in refusal(yaml.safe_dump(fields))


SMTP = "reader: contact.tn\nconsole_url: https://c.example\nsmtp: {%s, sender: s@m.example%s}\n"
ONE = "recipients: [{name: duty, mail: duty@m.example, zone: Africa/Tunis}]\n"


@pytest.mark.parametrize(
    ("server", "more"),
    [
        ("host: 127.0.0.1, security: plain", ""),
        ('host: "::1", security: plain', ""),
        ("host: localhost, security: plain", ", user: u, password_file: p"),
        ("host: relay.example, security: plain", ", unsafe_plain: true"),
        ("host: relay.example, security: tls, port: 465", ""),
    ],
)
def test_plain_mail_is_for_this_machine_or_has_to_be_asked_for(server: str, more: str) -> None:
    assert parse((SMTP % (server, more) + ONE).encode()).smtp


def test_a_password_never_goes_over_a_plain_connection_to_another_machine() -> None:
    more = ", unsafe_plain: true, user: u, password_file: p"
    assert "a password over" in refusal(SMTP % ("host: relay.example, security: plain", more) + ONE)


@pytest.mark.parametrize(
    "planted", ["planted@inbox.example\nBcc: x@y.example", "planted inbox", "@planted"]
)
@pytest.mark.parametrize("place", ["duty@mail.example", "southmed@mail.example"])
def test_no_error_tells_an_address_and_no_address_holds_a_line(place: str, planted: str) -> None:
    fields = yaml.safe_load(EXAMPLE)
    text = yaml.safe_dump(fields).replace(place, json.dumps(planted))
    told = refusal(text)
    assert "planted" not in told
    assert "string_pattern_mismatch" in told


@pytest.mark.parametrize("key", ["planted@inbox.example", "planted"])
def test_no_error_tells_the_name_of_an_unknown_field(key: str) -> None:
    assert "planted" not in refusal(EXAMPLE + f'"{key}": 1\n')


# --- Secrets -------------------------------------------------------------------------------------


def private(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_secrets_are_read_from_private_files(tmp_path: Path) -> None:
    assert password(private(tmp_path / "p", "mot de passe é\n".encode())) == "mot de passe é"
    encoded = b"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"
    assert webhook_secret(private(tmp_path / "w", encoded)) == b"0123456789abcdef" * 2
    with pytest.raises(KeyFileInvalid):
        password(private(tmp_path / "open", b"word\n", 0o640))


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe\n"])
def test_a_password_is_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DeliverySecretInvalid):
        password(private(tmp_path / "p", content))


@pytest.mark.parametrize(
    "content",
    [
        b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        b"whsec_short",
        b"whsec_MDEyMzQ1Njc4OWFi",
        b"whsec_not base64 not base64 not base64 ==",
        b"whsec_" + b"QUFB" * 22,
    ],
)
def test_a_webhooks_secret_is_long_enough_and_written_as_the_standard_says(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(DeliverySecretInvalid) as caught:
        webhook_secret(private(tmp_path / "w", content))
    assert content.decode()[-8:] not in str(caught.value)
