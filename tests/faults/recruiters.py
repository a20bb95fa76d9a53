"""Four small registers whose recruiters are known across borders, and the tokens that must come.

A row is a case and names some telephones. Every telephone is known in two countries, and one in
three in two cases of the second. The gate is open: four small registers would hide everything,
and what is tried here is what comes behind it. The trustee is the site's own.

The oracle of tokens is the two keys: what must stand in the ledgers is computed from the numbers.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from country_adapters import AUTHORITIES
from country_adapters.kit.register import Register
from country_adapters.kit.runner import run
from deploy.adapter import Adapter
from deploy.demo import connecting, southmed
from deploy.home import Site, init_site
from deploy.reach import authority_principal
from deploy.trustee import Place
from processors.intake.ledger import Ledger, newest_ledgers
from processors.intake.outer import outer_token
from processors.intake.sightings import sightings
from schemas.linkage import TOKEN_LENGTH, identifier_input
from schemas.oprf import token
from tests.faults.oracle import Difference, undisturbed
from tests.faults.stage import Stage
from tests.faults.supervisor import Supervised
from tests.integration.trustees import TRUSTEE, a_trustee
from tests.recruiters import Numbers, write

YEAR = str(datetime.now(UTC).year)
A_ROW = 3
"""Telephones that a row names, about."""
Seen = Counter[tuple[str, bytes]]
"""How often a country's cases hold a token, as the platform keeps it."""


def shared_numbers(rows: int, first: int = 0) -> Numbers:
    """Every telephone in two countries; one in three in two cases of the second.

    Args:
        rows: Rows of each authority.
        first: Where telephones begin.
    """
    held: dict[str, list[str]] = {authority: [] for authority in AUTHORITIES}
    names = list(AUTHORITIES)
    for number in range(rows * A_ROW * len(names) // 2):
        one, other = list(pairwise([*names, names[0]]))[number % len(names)]
        phone = f"+2162{first + number:07}"
        held[one].append(phone)
        held[other] += [phone] * (2 if number % 3 == 0 else 1)
    return {authority: [phones[n::rows] for n in range(rows)] for authority, phones in held.items()}


@dataclass
class Network:
    """The registers, on a stage.

    Attributes:
        stage: Where everything happens.
        trustee: The trustee's folder.
        folder: Where the registers lie.
        day: Today, once for all.
        numbers: What the registers name.
        told: How often they were told what to name.
    """

    stage: Stage
    trustee: Place
    folder: Path
    day: date
    numbers: Numbers
    told: int = 0

    @property
    def site(self) -> Site:
        return self.stage.place.site

    def tell(self, numbers: Numbers) -> None:
        """Has the registers name other telephones; what must come out changes with them."""
        self.numbers = numbers
        self.stage.place.registers = write(self.folder, numbers, self.day)
        scratch = self.site.root / "oracle" / str(self.told)
        self.told += 1
        self.stage.due = undisturbed(self.stage.place.registers, self.site.root, scratch)

    def serve(self) -> Supervised:
        """Starts the trustee under supervision."""

        def start() -> subprocess.Popen[bytes]:
            where = ("--site", str(self.site.root), *connecting(self.stage.place.reach, TRUSTEE))
            with self.stage.log("trustee").open("ab") as log:
                return southmed("linkage", "serve", *where, output=log)

        serving = Supervised("trustee", start, ends=False)
        serving.begin()
        return serving

    async def publish(self) -> None:
        """Has all authorities publish until they have told every identifier with its token."""
        async with asyncio.timeout(self.stage.patience):
            await asyncio.gather(*map(self._publish, self.stage.place.registers.values()))
        await self.stage.folded()

    async def _publish(self, register: Register) -> None:
        broker = self.stage.place.reach.of(authority_principal(register.authority))
        while True:
            adapter = Adapter(self.site, register, broker)
            told = (await adapter.run_once()).linking
            if all(one.waiting == one.asked == one.refused == 0 for one in told.types):
                return

    def due(self) -> Seen:
        """What the two keys make of the telephones."""
        key, outer = self.trustee.key(YEAR), self.site.linkage_key()
        made = {
            phone: outer_token(
                outer,
                YEAR,
                token(key._scalar, identifier_input("PHONE", phone))[:TOKEN_LENGTH],
            )
            for rows in self.numbers.values()
            for phones in rows
            for phone in phones
        }
        return Counter(
            (AUTHORITIES[authority], made[phone])
            for authority, rows in self.numbers.items()
            for phones in rows
            for phone in phones
        )

    def seen(self) -> Seen:
        """What stands in the ledgers."""
        found: Seen = Counter()
        for path in newest_ledgers(self.site.ledgers).values():
            ledger = Ledger(path, read_only=True)
            for one in sightings(ledger, f"{self.day:%Y-%m}"):
                found.update((one.country, kept) for kept in one.tokens)
            ledger.close()
        return found

    def difference(self) -> Difference:
        """Tokens that are lacking, and tokens beyond those that are due."""
        found, due = self.seen(), self.due()
        return Difference(lost=(due - found).total(), twice=(found - due).total())


@contextmanager
def network(stage: Stage, rows: int) -> Iterator[Network]:
    """Gives the stage another site, with a trustee, and registers of so many rows; the gate open.

    Args:
        stage: Where everything will happen.
        rows: Rows of each register.
    """
    root = stage.place.site.root
    stage.place.site = init_site(root / "network", AUTHORITIES, anonymity=None)
    trustee = a_trustee(stage.place.site, YEAR)
    day = datetime.now(UTC).date()
    with patch("deploy.adapter.run", partial(run, unsafe_without_gate=True)):
        made = Network(stage, trustee, root / "registers", day, {})
        made.tell(shared_numbers(rows))
        yield made
