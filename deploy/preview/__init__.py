"""What would leave a country, shown before anything does.

``columns`` tells from the declaration what becomes of each column; ``seen`` gathers what the rows
of a register would state, as ``gated`` lets them out; ``fields`` and ``reasons`` name fields, codes
and refusals for people, ``words`` the rest; ``identifiers`` counts those of facilitators; ``page``
writes the page that a data-protection officer signs, with ``html``; ``document`` the same for
programs.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date
from functools import partial

from country_adapters.kit.pseudonyms import SECRET_LENGTH, Pseudonyms
from country_adapters.kit.register import Register
from country_adapters.kit.runner import judge
from deploy.preview.gated import gated
from deploy.preview.seen import Preview, gather


def look(register: Register, *, name: str, day: date, keep: int) -> Preview:
    """Reads a register, twice, and tells what would leave; writes nothing that stays.

    No pseudonym is shown, so the secret is one drawn for this look: the authority's own is not
    needed, and not read.

    Args:
        register: The register.
        name: The name of its folder.
        day: Today; no date of the register may lie after it.
        keep: How many rows to keep one by one.

    Raises:
        RegisterError: The register is not as declared.
    """
    pseudonyms = Pseudonyms(secrets.token_bytes(SECRET_LENGTH))
    judging = partial(judge, register, pseudonyms=pseudonyms, today=day)
    with gated(register, judging(), day) as gate:
        seen = gather(register, gate.told(judging()), name=name, day=day, keep=keep)
        return replace(seen, quarters=gate.quarters())
