"""What would leave a country, shown before anything does.

``columns`` tells from the declaration what becomes of each column; ``seen`` gathers what the rows
of a register would state; ``fields`` and ``reasons`` name fields, codes and refusals for people,
``words`` the rest; ``identifiers`` counts those of facilitators; ``page`` writes the page that a
data-protection officer signs, with ``html``; ``document`` the same for programs.
"""

from __future__ import annotations

import secrets
from datetime import date

from country_adapters.kit.pseudonyms import SECRET_LENGTH, Pseudonyms
from country_adapters.kit.register import Register
from country_adapters.kit.runner import judge
from deploy.preview.seen import Preview, gather


def look(register: Register, *, name: str, day: date, keep: int) -> Preview:
    """Reads a register and tells what would leave; writes nothing anywhere.

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
    judged = judge(register, pseudonyms=pseudonyms, today=day)
    return gather(register, judged, name=name, day=day, keep=keep)
