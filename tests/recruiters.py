"""Small registers of all four countries whose rows name recruiters' telephones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from country_adapters import AUTHORITIES
from country_adapters.kit.register import Register, load_register
from tests.unit.small_register import HEADER, REGISTER, declare

_COLUMN = "      phone: {header: Tél, kind: identifier, type: PHONE, of: facilitator, split: ;}\n"
_RULE = """\
    identifiers:
      - {column: phone, role: RECRUIT, evidence_grade: B, period: reported}
"""
Numbers = Mapping[str, list[list[str]]]
"""Of each authority, by row, the telephones that it names."""


def write(folder: Path, numbers: Numbers, day: date) -> dict[str, Register]:
    """Puts registers that name these telephones into a folder, in the place of those there.

    Args:
        folder: One folder for each authority is made in it.
        numbers: What they name; a row that names nothing is left out.
        day: Today; their cases are of a month before.
    """
    made = {}
    told = f"{day - timedelta(days=40):%d/%m/%Y}"
    for authority, country in AUTHORITIES.items():
        here = folder / authority
        here.mkdir(parents=True, exist_ok=True)
        declared = REGISTER.replace("    ignore: [Nom]\n", f"{_COLUMN}    ignore: [Nom]\n") + _RULE
        declare(here, declared.replace("tn.test", authority).replace("TUN", country))
        lines = [
            f"D{n},1,Victime Fictive,{told},{told},achevée,psy,,{';'.join(phones)}"
            for n, phones in enumerate(numbers[authority])
            if phones
        ]
        (here / "r.csv").write_text("\n".join([f"{HEADER},Tél", *lines]), encoding="utf-8")
        made[authority] = load_register(here, here)
    return made
