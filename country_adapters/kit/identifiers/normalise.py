"""Normalising: a text as people type it becomes the one spelling of its identifier, or an error.

The rules:

1. Two spellings of one identifier give the same value; what cannot be told apart for certain is
   refused rather than guessed. An error says the kind of thing that is wrong, never the text.
2. Normalising twice changes nothing.
3. A value belongs to its type. ``Normalised.token_input`` joins the two, so that a number that is
   a telephone in one country and an account in another never meets itself.
4. ``NORM_VERSION`` grows with every change after which some text has another value, or another
   text a value at all: of this code, of the tables beside it, of the numbering plans of
   ``phonenumbers`` or of the public suffix list. Two releases of these give different values under
   one name otherwise, and matches are lost in silence; so both are pinned to one release, and a
   test holds the pins to this number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from country_adapters.kit.identifiers.agency import agency_name, agency_number
from country_adapters.kit.identifiers.errors import IdentifierUnreadable
from country_adapters.kit.identifiers.handle import handle
from country_adapters.kit.identifiers.money import iban, transfer, wallet
from country_adapters.kit.identifiers.phone import phone
from country_adapters.kit.identifiers.plate import plate
from country_adapters.kit.identifiers.serial import imei, travel_document
from country_adapters.kit.identifiers.value import Normalised
from country_adapters.kit.identifiers.web import email, website

NORM_VERSION = 1
"""The field ``norm_version`` of ``network.linkage``."""

MADE_WITH: Mapping[str, str] = {"phonenumbers": "9.0.43", "publicsuffixlist": "1.1.2.20261023"}
"""The releases that ``NORM_VERSION`` stands for; numbering plans change every month."""

LONGEST = 400
"""Characters; a longer text is no identifier."""

Normaliser = Callable[[str, str], Normalised]

NORMALISERS: Mapping[str, Normaliser] = {
    "PHONE": phone,
    "EMAIL": email,
    "HANDLE": handle,
    "AGENCYREG": agency_number,
    "AGENCYNAME": agency_name,
    "PLATE": plate,
    "TRAVELDOC": travel_document,
    "IBAN": iban,
    "MTREF": transfer,
    "IMEI": imei,
    "WALLET": wallet,
    "WEBSITE": website,
}
"""By code of ``CL_LINK_TYPE``; every code has one."""


def normalise(link_type: str, text: str, country: str) -> Normalised:
    """The one spelling of an identifier.

    Args:
        link_type: A code of ``CL_LINK_TYPE``.
        text: As it stands in a register.
        country: Alpha-3 code of the register's country, which the text is of if it does not say
            otherwise.

    Raises:
        IdentifierError: The text is not used; without the text.

    Example:
        >>> normalise("PHONE", "+216 20.123.456", "LBN") == normalise("PHONE", "20123456", "TUN")
        True
    """
    if len(text) > LONGEST:
        raise IdentifierUnreadable(expected=f"at most {LONGEST} characters", got="a longer text")
    return NORMALISERS[link_type](text, country)
