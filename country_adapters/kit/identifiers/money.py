"""Where money goes: bank accounts by IBAN, wallets of crypto-currencies, references of transfers.

An IBAN has the length of its country (``iban_lengths.csv``: the registry of ISO 13616, and states
that use IBANs without being in it, such as Morocco) and the remainder 1 modulo 97. A wallet is a
Bitcoin-like address whose checksum is right (Base58Check, Bech32 and Bech32m) or an Ethereum-like
one; only in Base58 do capitals mean something. A reference of a transfer has no checksum, so it is
compared as it is.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache

from country_adapters.kit.identifiers.errors import IdentifierInvalid, IdentifierUnreadable
from country_adapters.kit.identifiers.value import Normalised, cleaned, rows_of

IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
HEX_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
BECH32_ADDRESS = re.compile(r"[a-z]{2,5}1[02-9ac-hj-np-z]{38,71}")
BASE58_ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{26,35}")
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32_SUMS = (1, 0x2BC830A3)
TRANSFER = re.compile(r"(?=(?:[A-Z]*[0-9]){6})[A-Z0-9]{8,24}")


def iban(text: str, _country: str) -> Normalised:
    """A bank account."""
    compact = re.sub(r"[\s.-]", "", cleaned(text)).upper().removeprefix("IBAN").lstrip(":")
    if not IBAN.fullmatch(compact):
        raise IdentifierUnreadable(expected="an IBAN", got="other text")
    if len(compact) != _lengths().get(compact[:2]) or remainder_97(compact) != 1:
        raise IdentifierInvalid(expected="an IBAN", got="a wrong length or check digit")
    return Normalised("IBAN", compact)


def remainder_97(compact: str) -> int:
    """ISO 13616: letters count from 10 for A, the first four signs go last."""
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97


@cache
def _lengths() -> dict[str, int]:
    return {row["country"]: int(row["length"]) for row in rows_of("iban_lengths.csv")}


def wallet(text: str, _country: str) -> Normalised:
    """A wallet of a crypto-currency."""
    text = cleaned(text)
    lower = text.lower()
    if HEX_ADDRESS.fullmatch(lower):
        return Normalised("WALLET", lower)
    if BECH32_ADDRESS.fullmatch(lower) and text in (lower, text.upper()):
        if _bech32_sum(lower) not in BECH32_SUMS:
            raise IdentifierInvalid(expected="a wallet", got="a wrong checksum")
        return Normalised("WALLET", lower)
    if BASE58_ADDRESS.fullmatch(text):
        if not _is_base58check(text):
            raise IdentifierInvalid(expected="a wallet", got="a wrong checksum")
        return Normalised("WALLET", text)
    raise IdentifierUnreadable(expected="a wallet", got="other text")


def _is_base58check(text: str) -> bool:
    number = 0
    for sign in text:
        number = number * 58 + BASE58.index(sign)
    if number.bit_length() > 200:
        return False
    data = number.to_bytes(25, "big")
    digest = hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()
    return digest[:4] == data[-4:]


def _bech32_sum(text: str) -> int:
    """BIP 173: the remainder of the address as a polynomial."""
    human, _, data = text.rpartition("1")
    values = [ord(c) >> 5 for c in human] + [0] + [ord(c) & 31 for c in human]
    total = 1
    for value in values + [BECH32.index(sign) for sign in data]:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(BECH32_STEPS):
            total ^= step if top >> bit & 1 else 0
    return total


def transfer(text: str, _country: str) -> Normalised:
    """The reference of a money transfer, or the account behind it."""
    compact = re.sub(r"[\s./-]", "", cleaned(text)).upper()
    compact = compact.removeprefix("MTCN").lstrip(":")
    if not TRANSFER.fullmatch(compact):
        raise IdentifierUnreadable(expected="a reference of a transfer", got="other text")
    return Normalised("MTREF", compact)
