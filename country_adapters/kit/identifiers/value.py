"""What normalising gives: a type and a value; and how a text is cleaned before any rule sees it.

A value is what stood in a cell, in another spelling. It is kept out of every ``repr``, so that no
traceback and no log line shows it.
"""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from country_adapters.kit.digits import plain
from schemas.codelists import codelist

FORM = "v1"
"""How type and value are joined for the token; the normaliser has a number of its own."""

FOUR = codelist("CL_REPORTING_COUNTRY").codes


@dataclass(frozen=True)
class Normalised:
    """An identifier in its one spelling.

    Attributes:
        link_type: A code of ``CL_LINK_TYPE``; not always the type that was asked for: a WhatsApp
            link in a column of accounts is a telephone.
        value: The identifier.
    """

    link_type: str
    value: str = field(repr=False)

    @property
    def token_input(self) -> str:
        """What a token is made of. The type is part of it, so that two types never meet.

        Example:
            >>> Normalised("IMEI", "000000000000000").token_input
            'v1|IMEI|000000000000000'
        """
        return f"{FORM}|{self.link_type}|{self.value}"


def cleaned(text: str) -> str:
    r"""The text in NFKC with ASCII digits, without invisible marks, single spaces between words.

    Example:
        >>> cleaned("\u200f ٢٠\u00a0１２３ ")
        '20 123'
    """
    return " ".join(plain(unicodedata.normalize("NFKC", text)).split())


@cache
def rows_of(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of the tables beside this module."""
    with (files("country_adapters.kit.identifiers") / name).open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
