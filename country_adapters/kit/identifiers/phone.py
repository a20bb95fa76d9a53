"""Telephone numbers: E.164, as ``phonenumbers`` (Google's libphonenumber) knows them to be valid.

1. A number is looked for in the text, never read from the raw text: libphonenumber reads letters as
   the keys of a telephone, so that "20123456 (whatsapp)" would become another number.
2. Without a country code it is a number of the register's country.
3. A text without letters in which none is found is read once more as a whole, without "(0)": a
   workbook drops the first zero of what it takes for a number.
4. Only valid numbers count. An invalid one is refused, not kept as something else.
"""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher

from country_adapters.kit.identifiers.errors import (
    IdentifierInvalid,
    IdentifierSeveral,
    IdentifierUnreadable,
)
from country_adapters.kit.identifiers.value import Normalised, cleaned
from schemas.topics import COUNTRY_CODES


def phone(text: str, country: str) -> Normalised:
    """A telephone number."""
    text, region = cleaned(text).replace("(0)", ""), COUNTRY_CODES[country].upper()
    found = {_e164(match.number) for match in PhoneNumberMatcher(text, region)}
    if len(found) > 1:
        raise IdentifierSeveral(expected="one telephone number", got=f"{len(found)} of them")
    value = found.pop() if found else _whole(text, region)
    return Normalised("PHONE", value)


def _whole(text: str, region: str) -> str:
    if any(char.isalpha() for char in text) or not any(char.isdigit() for char in text):
        raise IdentifierUnreadable(expected="a telephone number", got="other text")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise IdentifierUnreadable(expected="a telephone number", got="other signs") from None
    if not phonenumbers.is_valid_number(number):
        raise IdentifierInvalid(expected="a number that can be dialled", got="another number")
    return _e164(number)


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
