"""The group ristretto255 (RFC 9496): elements, scalars, and what is calculated with them.

Both are 32 bytes, and both have one form only. The rules:

1. Bytes become an `Element` or a `Scalar` by `read_element` and `read_scalar` alone. What does not
   decode is refused, and so are the identity and zero: they would make an answer that does not
   depend on the key, or on the blind.
2. Everything is calculated by libsodium (`rbcl`), in time that does not depend on the values.
   There is no arithmetic of Python's integers here: that would take longer for some keys.
3. Randomness comes in. A scalar takes 64 random bytes and is reduced, so that none is likelier
   than another by more than 2**-250.

`rbcl` carries libsodium in itself, writes it to the folder for temporary files when it is imported
and leaves it there. So it is loaded when first needed, not by every command, and the file is
removed as soon as it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NewType

from schemas.oprf_errors import ElementInvalid, RistrettoUnavailable, ScalarInvalid

if TYPE_CHECKING:
    from schemas.envelope import Random

Element = NewType("Element", bytes)
"""An element of the group; the identity only where a function says so."""
Scalar = NewType("Scalar", bytes)
"""An integer below the order of the group, least byte first; zero only where a function says so."""

LENGTH = 32
UNIFORM_LENGTH = 64
"""Bytes that a random element or scalar is made of."""
_HIGH_BIT = 0x80
IDENTITY = Element(bytes(LENGTH))
ZERO = Scalar(bytes(LENGTH))


@cache
def _group() -> Any:
    """The library, loaded once.

    Raises:
        RistrettoUnavailable: It is not installed, or may not run from where it is written.
    """
    try:
        group = import_module("rbcl")
        written: str = import_module("rbcl._sodium").lib_path
    except (ImportError, OSError) as error:
        raise RistrettoUnavailable(got=type(error).__name__) from error
    with suppress(OSError):
        Path(written).unlink()
    return group


# --- Reading -------------------------------------------------------------------------------------


def read_element(encoded: bytes) -> Element:
    """Takes bytes for an element.

    Raises:
        ElementInvalid: They are no element's one form, or the identity's.
    """
    # libsodium does not look at the highest bit: with it set, an element, and the identity too,
    # would have a second form (RFC 9496, 4.3.1 refuses it).
    whole = len(encoded) == LENGTH and encoded != IDENTITY and encoded[-1] < _HIGH_BIT
    if not (whole and _group().crypto_core_ristretto255_is_valid_point(bytes(encoded))):
        raise ElementInvalid()
    return Element(bytes(encoded))


def read_elements(encoded: Iterable[bytes]) -> list[Element]:
    """Takes bytes for elements, and says which one is none.

    Raises:
        ElementInvalid: One is no element's one form, or the identity's.
    """
    elements = []
    for number, one in enumerate(encoded, start=1):
        try:
            elements.append(read_element(one))
        except ElementInvalid:
            raise ElementInvalid(got=f"element {number}") from None
    return elements


def read_scalar(encoded: bytes) -> Scalar:
    """Takes bytes for a scalar.

    Raises:
        ScalarInvalid: They are not below the order of the group, or zero.
    """
    if not (len(encoded) == LENGTH and any(encoded) and reduced(encoded) == encoded):
        raise ScalarInvalid()
    return Scalar(bytes(encoded))


def reduced(uniform: bytes) -> Scalar:
    """Up to 64 bytes, least byte first, as a scalar; it may be zero."""
    padded = uniform.ljust(UNIFORM_LENGTH, b"\0")
    return Scalar(_group().crypto_core_ristretto255_scalar_reduce(padded))


def random_scalar(random: Random) -> Scalar:
    """A random scalar that is not zero."""
    while (scalar := reduced(random(UNIFORM_LENGTH))) == ZERO:
        pass
    return scalar


# --- Scalars -------------------------------------------------------------------------------------


def small(number: int) -> Scalar:
    """A public integer as a scalar, such as the number of a holder; negative ones too."""
    scalar = Scalar(abs(number).to_bytes(LENGTH, "little"))
    return scalar if number >= 0 else minus(ZERO, scalar)


def plus(left: Scalar, right: Scalar) -> Scalar:
    return Scalar(_group().crypto_core_ristretto255_scalar_add(left, right))


def minus(left: Scalar, right: Scalar) -> Scalar:
    return Scalar(_group().crypto_core_ristretto255_scalar_sub(left, right))


def times(left: Scalar, right: Scalar) -> Scalar:
    return Scalar(_group().crypto_core_ristretto255_scalar_mul(left, right))


def inverse(scalar: Scalar) -> Scalar:
    """What makes one when multiplied with a scalar that is not zero."""
    return Scalar(_group().crypto_core_ristretto255_scalar_invert(scalar))


# --- Elements ------------------------------------------------------------------------------------


def element_of(uniform: bytes) -> Element:
    """The element that 64 uniform bytes stand for; nobody knows how it comes from the generator."""
    return Element(_group().crypto_core_ristretto255_from_hash(uniform))


def generated(scalar: Scalar) -> Element:
    """So many times the generator; the identity for zero."""
    return Element(_group().crypto_scalarmult_ristretto255_base_allow_scalar_zero(scalar))


def multiple(scalar: Scalar, element: Element) -> Element:
    """So many times an element; the identity for zero, and of the identity."""
    try:
        return Element(_group().crypto_scalarmult_ristretto255(scalar, element))
    except RuntimeError:  # libsodium's way to say so: an `Element` has been read, so it decodes.
        return IDENTITY


def total(elements: Iterable[Element]) -> Element:
    """The sum of elements; the identity if there are none."""
    result = IDENTITY
    for element in elements:
        result = Element(_group().crypto_core_ristretto255_add(result, element))
    return result
