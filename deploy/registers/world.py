"""An invented world in neutral codes: cases, victims, suspects, trainings, networks, requests.

Codes are those of the project's code lists; dates are days, because registers hold days. The
classes only hold what was invented; how it is invented stands in ``invent`` and ``exact``, how a
country writes it down in ``tunisia``, ``morocco``, ``jordan`` and ``lebanon``.

What has not happened yet is ``None``. Order in time holds for every case: report, then screening,
presumption, identification, referral, assistance, closing or return; for every suspect:
investigation, suspicion, prosecution, judgement, final judgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Codes = tuple[str, ...]


@dataclass(frozen=True)
class Dated:
    """A step that took place on a day, with the code of its outcome."""

    on: date
    code: str


@dataclass(frozen=True)
class Identification:
    """The formal decision on a presumed victim, and what it established."""

    on: date
    decision: str
    body: str
    acts: Codes
    means: Codes
    control: Codes
    sector: str
    recruited_in: str
    transit: Codes
    exploited_in: str
    duration: str
    recruitment: str
    relation: str


@dataclass(frozen=True)
class Referral:
    """Orientation of a victim to services."""

    on: date
    to: str
    services: Codes
    accepted: str


@dataclass(frozen=True)
class Assistance:
    """Services given to a victim from a day on, all by one kind of provider."""

    on: date
    services: Codes
    provider: str


@dataclass(frozen=True)
class Return:
    """A return to another country (OUT), or of an own national from abroad (IN)."""

    on: date
    direction: str
    country: str
    voluntary: str


@dataclass(frozen=True)
class Victim:
    """One person in one case; ``born`` is None where nobody knows."""

    sex: str
    born: date | None
    citizenship: str
    forms: Codes
    detected_by: str
    presumed_on: date
    identification: Identification | None = None
    referral: Referral | None = None
    assistance: Assistance | None = None
    closed: Dated | None = None
    returned: Return | None = None


@dataclass(frozen=True)
class Sentence:
    """Sentence and remedies of a conviction."""

    code: str
    confiscated: str
    compensated: str
    legal_person: str


@dataclass(frozen=True)
class Contact:
    """What an officer noted of an alleged facilitator; left out is what nobody knows.

    Attributes:
        phones: Telephones, in E.164.
        account: Name of an account.
        plate: Running number of a Tunisian plate of the series 100.
        agency: A number of the Lebanese commercial register.
    """

    phones: tuple[str, ...] = ()
    account: str = ""
    plate: str = ""
    agency: str = ""


@dataclass(frozen=True)
class Suspect:
    """One alleged perpetrator in one case; without a contact, one is invented by the number."""

    sex: str
    adult: str
    citizenship: str
    roles: Codes
    offence: str
    suspected_on: date
    prosecuted_on: date | None = None
    judgement: Dated | None = None
    final_on: date | None = None
    sentence: Sentence | None = None
    contact: Contact | None = None


@dataclass(frozen=True)
class Investigation:
    """An investigation, with the suspects it found."""

    on: date
    offence: str
    proactive: str
    international: str
    suspects: tuple[Suspect, ...] = ()


@dataclass(frozen=True)
class Case:
    """A report and everything that followed from it."""

    number: int
    region: str
    reported_on: date
    channel: str
    reporter: str
    forms: Codes
    geography: str
    n_presumed: int
    child: str
    urgent: str
    triage: Dated | None = None
    transmission: Dated | None = None
    victims: tuple[Victim, ...] = ()
    investigation: Investigation | None = None
    contact: Contact | None = None


@dataclass(frozen=True)
class Network:
    """A network that was intercepted."""

    number: int
    on: date
    region: str
    kind: str
    members: int
    victims: int
    countries: Codes
    roles: Codes
    recruitment: Codes
    route: Codes
    forms: Codes
    outcome: str
    contact: Contact | None = None


@dataclass(frozen=True)
class Training:
    """A training session; women and men are None when fewer than five took part."""

    number: int
    on: date
    region: str
    axis: str
    audience: Codes
    mode: str
    women: int | None
    men: int | None
    total: int
    hours: int
    language: str
    of_trainers: str
    regional: str
    partner: str


@dataclass(frozen=True)
class Cooperation:
    """A request for judicial or police cooperation in a case."""

    number: int
    case: Case
    on: date
    region: str
    direction: str
    country: str
    kind: str
    outcome: str


@dataclass(frozen=True)
class World:
    """All that happened in one country."""

    country: str
    cases: tuple[Case, ...]
    networks: tuple[Network, ...] = ()
    trainings: tuple[Training, ...] = ()
    cooperation: tuple[Cooperation, ...] = ()
