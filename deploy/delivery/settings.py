"""The settings of a delivery: ``delivery.yaml``.

The rules:

1. Nothing secret stands in it: passwords and webhook secrets are in files of their own, which only
   their owner may read. Relative paths start from the folder of the settings.
2. What leaves the machine is encrypted: links and webhooks are ``https``, mail goes by TLS. Plain
   connections are for this machine, or have to be asked for by a name that says what they are.
3. What cannot be understood is refused with its place, never with what stood there.
"""

from __future__ import annotations

import re
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from deploy.delivery.errors import DeliverySettingsInvalid
from deploy.delivery.hours import Digest, Hours, Quiet
from deploy.identity import is_loopback
from schemas.alerts import CHANNELS, EVERYBODY, Channel, State
from schemas.codelists import Language
from schemas.private_files import read_file

Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Weight = Literal["FIRM", "WEAK"]
PUBLIC = "everybody"
READERS = (*(channel.reader for channel in CHANNELS if channel.reader), PUBLIC)

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_ADDRESS = rf"^[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-][A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{0,63}}@{_HOST}$"


def _clock(value: object) -> object:
    # YAML reads 20:00 as the number 1200 unless it is quoted; that must not become 00:20.
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not re.match(_TIME, value):
        raise ValueError('not a time in quotes, such as "08:00"')
    return time.fromisoformat(value)


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("not a time zone such as Africa/Tunis")
    return value


def _url(value: str) -> str:
    """An address that may be called or linked to."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("not a URL") from None
    host = parts.hostname or ""
    if not host or parts.username is not None or parts.fragment or not value.isprintable():
        raise ValueError("not a URL with a host, without a user and a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError("not https")
    return value


def _without_query(value: str) -> str:
    if urlsplit(value).query:
        raise ValueError("with a query")
    return value


Time = Annotated[
    time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": _TIME})
]
Zone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[str, Field(pattern=r"^https?://[!-~]+$"), AfterValidator(_url)]
Address = Annotated[str, Field(pattern=_ADDRESS, max_length=254)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuietHours(_Closed):
    """When nothing is sent; what comes meanwhile is sent afterwards, in one message.

    Attributes:
        begins: From this time of every day, on the recipient's clock.
        ends: Until this time, on the next day if it is not later.
        days: Days on which nothing is sent at all.
    """

    begins: Time | None = Field(default=None, alias="from")
    ends: Time | None = Field(default=None, alias="until")
    days: Annotated[tuple[Weekday, ...], Field(max_length=6)] = ()

    @model_validator(mode="after")
    def _leaves_time_to_be_told(self) -> Self:
        if (self.begins is None) != (self.ends is None):
            raise ValueError("from and until go together")
        if self.begins is not None and self.begins == self.ends:
            raise ValueError("from and until are the same time")
        if len(set(self.days)) == len(WEEKDAYS):
            raise ValueError("every day is quiet")
        return self

    def hours(self) -> Quiet:
        return Quiet(self.begins, self.ends, frozenset(map(WEEKDAYS.index, self.days)))


class Daily(_Closed):
    """One message a day, if there is something.

    Attributes:
        daily: At this time, on the recipient's clock.
    """

    daily: Time


class Weekly(_Closed):
    """One message a week, if there is something.

    Attributes:
        weekly: On this day.
        at: At this time, on the recipient's clock.
    """

    weekly: Weekday
    at: Time


class Recipient(_Closed):
    """Somebody who is told.

    Attributes:
        name: How logs, the book and reports call the recipient; not a person's name.
        mail: Mail address; or else a webhook.
        webhook: URL to which a signed message is posted.
        secret_file: For a webhook, the file with its secret.
        language: Of mails.
        zone: Time zone of the recipient (IANA).
        quiet: When nothing is sent.
        digest: When: at once, once a day or once a week.
        states: Which states of an alert to tell of. That one closed is told only to those who were
            told of it.
        weights: FIRM is what other evidence backs; WEAK what nothing backs, what may be a line that
            unrelated people share, and leads.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    mail: Address | None = None
    webhook: Url | None = None
    secret_file: Path | None = None
    language: Language = "en"
    zone: Zone
    quiet: QuietHours = QuietHours()
    digest: Literal["at-once"] | Daily | Weekly = "at-once"
    states: Annotated[tuple[State, ...], Field(min_length=1)] = ("NEW", "RETRACTED")
    weights: Annotated[tuple[Weight, ...], Field(min_length=1)] = ("FIRM", "WEAK")

    @model_validator(mode="after")
    def _is_told_in_one_way(self) -> Self:
        if (self.mail is None) == (self.webhook is None):
            raise ValueError("either mail or webhook")
        if (self.webhook is None) != (self.secret_file is None):
            raise ValueError("secret_file goes with webhook")
        return self

    @cached_property
    def hours(self) -> Hours:
        """When the recipient may be told."""
        match self.digest:
            case Daily(daily=at):
                digest = Digest(at)
            case Weekly(weekly=day, at=at):
                digest = Digest(at, WEEKDAYS.index(day))
            case _:
                digest = Digest()
        return Hours(ZoneInfo(self.zone), self.quiet.hours(), digest)


class Smtp(_Closed):
    """The mail server that takes our mails.

    Attributes:
        host: Its name, as its certificate tells it.
        port: Its port.
        security: `starttls` (port 587, as a rule), `tls` (port 465), or `plain`, to a server on
            this machine only.
        unsafe_plain: Allow `plain` to another machine; whoever is on the way reads who is told.
        sender: Address of the sender.
        user: As whom to log in.
        password_file: File with the password.
        ca_file: Certificates to trust instead of the system's.
    """

    host: Annotated[str, Field(pattern=rf"^({_HOST}|[0-9a-f:]{{2,39}})$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "plain"] = "starttls"
    unsafe_plain: bool = False
    sender: Address
    user: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    password_file: Path | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        away = self.security == "plain" and not is_loopback(self.host)
        if away and not self.unsafe_plain:
            raise ValueError("plain to another machine")
        if away and self.user is not None:
            raise ValueError("a password over a plain connection to another machine")
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file go together")
        return self


class Settings(_Closed):
    """The settings of a delivery.

    Attributes:
        reader: Whose alerts are delivered: contact.tn, analyst.coe, or everybody for surges.
        console_url: Where alerts are looked at; a link is this, a slash and the alert's id.
        book: File in which is kept what was sent to whom.
        smtp: The mail server; needed for recipients by mail.
        webhook_ca_file: For webhooks, certificates to trust instead of the system's.
        recipients: Who is told.
    """

    reader: str = Field(json_schema_extra={"enum": list(READERS)})
    console_url: Annotated[Url, AfterValidator(_without_query)]
    book: Path = Path("delivery.sqlite")
    smtp: Smtp | None = None
    webhook_ca_file: Path | None = None
    recipients: Annotated[tuple[Recipient, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.reader not in READERS:
            raise ValueError("reader: not a reader of alerts")
        if len({recipient.name for recipient in self.recipients}) != len(self.recipients):
            raise ValueError("recipients: a name twice")
        if self.smtp is None and any(recipient.mail for recipient in self.recipients):
            raise ValueError("smtp: missing, and there are recipients by mail")
        return self

    @property
    def channel(self) -> Channel:
        """What is followed."""
        if self.reader == PUBLIC:
            return EVERYBODY
        return next(channel for channel in CHANNELS if channel.reader == self.reader)

    def link(self, alert: str) -> str:
        """Where an alert is looked at."""
        return f"{self.console_url.rstrip('/')}/{alert}"


def parse(content: bytes) -> Settings:
    """Reads settings.

    Raises:
        DeliverySettingsInvalid: With the places that are wrong, and never with what stands there.
    """
    try:
        return Settings.model_validate(yaml.safe_load(content))
    except yaml.YAMLError:
        raise DeliverySettingsInvalid(expected="YAML") from None
    except ValidationError as error:
        told = "; ".join(map(_place, cast(list[dict[str, Any]], error.errors()[:5])))
        raise DeliverySettingsInvalid(got=told) from None


def _place(problem: dict[str, Any]) -> str:
    """Where something is wrong, and what: our own rules' words; of others only their kind."""
    known = {*Settings.model_fields, *Recipient.model_fields, *Smtp.model_fields}
    known |= {*QuietHours.model_fields, *Weekly.model_fields, "daily", "from", "until"}
    parts = (str(p) if isinstance(p, int) or p in known else "?" for p in problem["loc"])
    cause = problem.get("ctx", {}).get("error")
    why = str(cause) if isinstance(cause, ValueError) else problem["type"]
    return f"{'.'.join(parts) or 'the whole'}: {why}"


def load(path: Path) -> Settings:
    """Reads the file of settings; its relative paths start from its folder.

    Raises:
        KeyFileInvalid: It cannot be read.
        DeliverySettingsInvalid: It is wrong.
    """
    return _rooted(parse(read_file(path)), path.absolute().parent)


def _rooted(settings: Settings, folder: Path) -> Settings:
    def placed(path: Path | None) -> Path | None:
        return None if path is None else folder / path

    smtp = settings.smtp and settings.smtp.model_copy(
        update={
            "password_file": placed(settings.smtp.password_file),
            "ca_file": placed(settings.smtp.ca_file),
        }
    )
    return settings.model_copy(
        update={
            "book": folder / settings.book,
            "smtp": smtp,
            "webhook_ca_file": placed(settings.webhook_ca_file),
            "recipients": tuple(
                r.model_copy(update={"secret_file": placed(r.secret_file)})
                for r in settings.recipients
            ),
        }
    )
