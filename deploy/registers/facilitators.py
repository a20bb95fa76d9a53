"""Alleged facilitators of the invented world, and how registers spell what is known of them.

None of the four numbering plans sets numbers aside for fiction, and what cannot be a number would
be refused. So telephones are a run of noughts before a small number, accounts and agencies say that
they are fictive, plates have a series that is the same for all. A few facilitators are known to
every country: those are what linkage is to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.registers.world import Case, Contact, Network, Suspect

KNOWN_TO_ALL = 3
"""So many facilitators are at work in every country."""
SHARE = 5
"""One network or case in so many is of a facilitator who is known to all."""
UNCLEAR = 9
"""In one line of so many there is a remark where a telephone is due."""

PHONES = {
    "TUN": "+21620000{:03}",
    "MAR": "+212600000{:03}",
    "JOR": "+962790000{:03}",
    "LBN": "+9613000{:03}",
}
REMARK = "voir PV fictif"


@dataclass(frozen=True)
class Facilitator:
    """An alleged facilitator.

    Attributes:
        country: Where the telephone is registered.
        number: Tells facilitators of a country apart.
    """

    country: str
    number: int

    @property
    def phone(self) -> str:
        """In E.164."""
        return PHONES[self.country].format(self.number)

    @property
    def account(self) -> str:
        return f"recruteur.fictif.{self.number:03}"

    @property
    def plate(self) -> str:
        """The running number of a Tunisian plate of the series 100."""
        return f"{1000 + self.number}"

    @property
    def agency(self) -> str:
        """A number of the Lebanese commercial register."""
        return f"9999{self.number:03}"


def at_work(country: str, number: int) -> Facilitator:
    """The facilitator of a network or of a case by its number."""
    if number % SHARE == 0:
        return Facilitator("TUN", 1 + number // SHARE % KNOWN_TO_ALL)
    return Facilitator(country, 100 + number % 900)


def of_network(network: Network) -> Mapping[str, str | None]:
    """What the sheet of networks says: a recruiter's telephone and account, a car."""
    number = network.number
    if network.contact is not None:
        return _noted(network.contact, number, " ; ")
    recruiter = at_work("TUN", number)
    other = at_work("TUN", number + 100)
    spelt = [
        f"+216 {_pairs(recruiter.phone[4:])}",
        f"00216 {recruiter.phone[4:6]}-{recruiter.phone[6:9]}-{recruiter.phone[9:]}",
        f"{recruiter.phone[4:]} ; +216 ({other.phone[4:6]}) {other.phone[6:]}",
    ]
    return {
        "recruiter_phone": REMARK if number % UNCLEAR == 0 else spelt[number % 3],
        "recruiter_account": [
            f"https://www.facebook.com/{recruiter.account.title()}?ref=fictif",
            f"Facebook : {recruiter.account}",
        ][number % 2],
        "recruiter_car": [f"100 تونس {recruiter.plate}", f"{recruiter.plate} TU 100"][number % 2],
    }


def phones_of(network: Network) -> tuple[str, ...]:
    """The telephones that the sheet can be understood to hold."""
    number = network.number
    if number % UNCLEAR == 0:
        return ()
    both = (at_work("TUN", number).phone, at_work("TUN", number + 100).phone)
    return both if number % 3 == 2 else both[:1]


def of_case(case: Case) -> Mapping[str, str | None]:
    """What the form asks about the recruiter, once there is an investigation."""
    if case.investigation is None:
        return {}
    if case.contact is not None:
        return _noted(case.contact, case.number, " ")
    recruiter = at_work("LBN", case.number)
    local = recruiter.phone.removeprefix("+961")
    told = f"0{local[0]} {local[1:]}" if local != recruiter.phone else recruiter.phone
    agency = {"recruiter_agency": f"CR {recruiter.agency}"} if case.number % 2 else {}
    return {"recruiter_phone": told, **agency}


def of_suspect(country: str, case: Case, order: int, suspect: Suspect) -> Mapping[str, str | None]:
    """What the file of a suspect says; of those invented by number, only the first has any."""
    if suspect.contact is not None:
        return _noted(suspect.contact, case.number + order, "; ")
    if order > 1:
        return {}
    if case.number % UNCLEAR == 0:
        return {"recruiter_phone": REMARK}
    known = at_work(country, case.number)
    return _noted(Contact((known.phone,), plate=known.plate), case.number, "; ")


def _noted(contact: Contact, turn: int, separator: str) -> Mapping[str, str | None]:
    """A contact as officers write it: three spellings of a telephone, two of the others."""
    phones = (_spelt(phone, turn + place) for place, phone in enumerate(contact.phones))
    account, plate = contact.account, contact.plate
    accounts = [f"https://www.facebook.com/{account.title()}?ref=fictif", f"Facebook : {account}"]
    plates = [f"TUN 100 تونس {plate}", f"TUN {plate} TU 100"]
    agencies = [f"LBN {contact.agency}", f"LBN CR {contact.agency}"]
    return {
        "recruiter_phone": separator.join(phones) or None,
        "recruiter_account": accounts[turn % 2] if account else None,
        "recruiter_car": plates[turn % 2] if plate else None,
        "recruiter_agency": agencies[turn % 2] if contact.agency else None,
    }


def _spelt(phone: str, turn: int) -> str:
    return [phone, f"00{phone[1:]}", f"+{phone[1:4]} {_pairs(phone[4:])}"][turn % 3]


def _pairs(digits: str) -> str:
    return " ".join(digits[i : i + 2] for i in range(0, len(digits), 2))
