"""Numbers of things: telephones by IMEI, travel documents of suspects.

An IMEI has fifteen digits of which the last is a check digit (Luhn). A travel document is the code
of the state that issued it and its number, without fillers: "TUN:X123456". The state must stand
before the number, because a suspect's passport is as a rule not one of the register's country.
"""

from __future__ import annotations

import re
from functools import cache

from country_adapters.kit.identifiers.errors import (
    IdentifierIncomplete,
    IdentifierInvalid,
    IdentifierUnreadable,
)
from country_adapters.kit.identifiers.value import Normalised, cleaned
from schemas.codelists import codelist

IMEI = re.compile(r"[0-9]{15}")
STATE_AND_NUMBER = re.compile(r"([A-Z]{3})[\s:/-](.*)")
DOCUMENT = re.compile(r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{5,12}")


def imei(text: str, _country: str) -> Normalised:
    """A telephone by the number of the device."""
    compact = re.sub(r"[\s./-]", "", cleaned(text)).upper().removeprefix("IMEI").lstrip(":")
    if not IMEI.fullmatch(compact):
        raise IdentifierUnreadable(expected="an IMEI", got="other text")
    if not _luhn(compact):
        raise IdentifierInvalid(expected="an IMEI", got="a wrong check digit")
    return Normalised("IMEI", compact)


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def travel_document(text: str, _country: str) -> Normalised:
    """A travel document of a suspect."""
    parts = STATE_AND_NUMBER.fullmatch(cleaned(text).upper())
    if parts is None or parts[1] not in _states():
        raise IdentifierIncomplete(expected="the code of the issuing state first", got="no code")
    compact = re.sub(r"[\s:/<.-]", "", parts[2])
    if not DOCUMENT.fullmatch(compact):
        raise IdentifierUnreadable(expected="a number of a travel document", got="other text")
    return Normalised("TRAVELDOC", f"{parts[1]}:{compact}")


@cache
def _states() -> frozenset[str]:
    codes = codelist("CL_AREA").codes
    return frozenset(code for code in codes if re.fullmatch(r"[A-Z]{3}", code))
