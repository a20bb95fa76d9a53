"""Vehicle plates of the four countries: the country, then what the plate says, in a fixed order.

================================ =============================================================
``TUN:RS:series:number``         written تونس, TU or TUN
``TUN:NT:number``                temporary, written ن ت or NT
``MAR:number:letter:prefecture`` six letters, Arabic or Latin
``JOR:code:number``
``LBN:letter:number``            Arabic or Latin
================================ =============================================================

1. A plate is one of the register's country, or of the country whose code stands before it
   ("MAR 12345-A-6").
2. Digits and letters of a cell that runs from right to left come in either order. So the order of
   blocks says nothing: the longer block of digits is the running number. Of two equally long ones
   the greater is; two plates may share that value, but one plate never has two.
3. Letters are looked up in ``plates.csv``; a letter or a length that is not there is refused.
"""

from __future__ import annotations

import re
from functools import cache

from country_adapters.kit.identifiers.errors import IdentifierInvalid, IdentifierUnreadable
from country_adapters.kit.identifiers.value import FOUR, Normalised, rows_of
from country_adapters.kit.text import fold

FORMS = {
    "TUN": "TUN:{series}:{shorter}:{longer}",
    "MAR": "MAR:{longer}:{series}:{shorter}",
    "JOR": "JOR:{shorter}:{longer}",
    "LBN": "LBN:{series}:{longer}",
}
ONE_BLOCK = "{country}:{series}:{longer}"

Series = tuple[str, int, int]
"""The code of a series, and the most digits of its shorter (0: it has none) and longer block."""


def plate(text: str, country: str) -> Normalised:
    """A vehicle plate."""
    parts = re.findall(r"[0-9]+|[^\W0-9_]+", fold(text))
    if parts and parts[0].upper() in FOUR:
        country = parts.pop(0).upper()
    written = "".join(part for part in parts if not part.isdigit())
    blocks = [part.lstrip("0") for part in parts if part.isdigit()]
    found = _series().get((country, written, len(blocks) > 1)) if all(blocks) and blocks else None
    if found is None:
        raise IdentifierUnreadable(expected=f"a plate of {country}", got="other text")
    series, most_shorter, most_longer = found
    *rest, longer = sorted(blocks, key=lambda block: (len(block), block))
    shorter = "".join(rest)
    if len(rest) > 1 or len(shorter) > most_shorter or len(longer) > most_longer:
        raise IdentifierInvalid(expected="blocks of the length of a plate", got="other lengths")
    form = FORMS[country] if shorter else ONE_BLOCK
    told = form.format(country=country, series=series, shorter=shorter, longer=longer)
    return Normalised("PLATE", told)


@cache
def _series() -> dict[tuple[str, str, bool], Series]:
    """By country, by what stands on the plate, and by whether it has two blocks of digits."""
    return {
        (row["country"], fold(row["written"]).replace(" ", ""), row["shorter"] != "0"): (
            row["series"],
            int(row["shorter"]),
            int(row["longer"]),
        )
        for row in rows_of("plates.csv")
    }
