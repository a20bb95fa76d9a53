"""Identifiers of invented facilitators: what they are, and which register can hold which.

A register has columns for some kinds only, and forms of Tunisia and Lebanon ask for the telephone
of the *recruiter*: whose part is another is not noted there (`ROLES`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from country_adapters.kit.identifiers.normalise import normalise
from deploy.registers.world import Contact

PHONES = {
    "TUN": "+2162000{:04}",
    "MAR": "+21260000{:04}",
    "JOR": "+96279000{:04}",
    "LBN": "+961300{:04}",
}
ANY = ("RECRUIT", "BROKER", "TRANSP", "HARBOUR", "EXPLOIT", "CONTROL", "FINANCE")
ROLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "TUN": {"PHONE": ("RECRUIT",), "HANDLE": ("RECRUIT",), "PLATE": ("TRANSP",)},
    "MAR": {"PHONE": ANY, "HANDLE": ANY, "PLATE": ANY},
    "JOR": {"PHONE": ANY, "PLATE": ANY, "AGENCYREG": ANY},
    "LBN": {"PHONE": ("RECRUIT",), "AGENCYREG": ("BROKER",)},
}
"""By country and kind of identifier: the roles that its register can tell of whoever has it."""
MOST_PHONES = {"TUN": 3, "MAR": 3, "JOR": 3, "LBN": 1}
"""Telephones that one cell holds; of other kinds, one."""


class Identifier(NamedTuple):
    """An identifier: its kind (CL_LINK_TYPE), and what an officer knows of it."""

    link_type: str
    value: str

    @property
    def name(self) -> str:
        """The one spelling that an adapter makes of it, with its kind."""
        text = {"HANDLE": f"Facebook : {self.value}", "PLATE": f"TUN {self.value} TU 100"}
        said = text.get(self.link_type, self.value)
        country = "LBN" if self.link_type == "AGENCYREG" else "TUN"
        return f"{self.link_type}|{normalise(self.link_type, said, country).value}"


class Numbers:
    """Gives identifiers that nobody has yet."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def fresh(self, link_type: str, country: str) -> Identifier:
        """One more identifier of a kind; a telephone is of the country."""
        series = f"PHONE {country}" if link_type == "PHONE" else link_type
        self._given[series] += 1
        number = self._given[series]
        match link_type:
            case "PHONE":
                return Identifier(link_type, PHONES[country].format(number))
            case "HANDLE":
                return Identifier(link_type, f"recruteur.fictif.{number:05}")
            case "PLATE":
                return Identifier(link_type, f"{1000 + number}")
            case _:
                return Identifier(link_type, f"9{number:06}")


def contact_of(identifiers: Iterable[Identifier]) -> Contact:
    """What is noted of a facilitator in one line of a register."""
    by_kind: dict[str, list[str]] = {}
    for link_type, value in identifiers:
        by_kind.setdefault(link_type, []).append(value)
    only = {kind: values[0] for kind, values in by_kind.items()}
    return Contact(
        phones=tuple(by_kind.get("PHONE", ())),
        account=only.get("HANDLE", ""),
        plate=only.get("PLATE", ""),
        agency=only.get("AGENCYREG", ""),
    )
