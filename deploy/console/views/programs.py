"""The page about the API: its addresses, how they are asked, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.console.api import ROOT, VERSION
from deploy.console.i18n import Tongue, noop

ADDRESSES: Mapping[str, str] = {
    "/releases": noop("Releases: table, period, vintage, when; withdrawn ones too."),
    "/releases/{name}": noop("One release, with its message as it was signed."),
    "/indicators": noop("The catalogue: definitions, standards, caveats, tables."),
    "/indicators/{code}": noop("One indicator."),
    "/indicators/{code}/observations": noop("The rows of one table, in JSON, CSV or SDMX-CSV."),
    "/calendar": noop("What is due and what is out."),
    "/surges": noop("Surges of what was published."),
    "/alerts": noop("Alerts that were told to you."),
    "/alerts/{board}/{name}": noop("One alert. That you opened it is written down."),
    "/status": noop("Whether what is known is the newest."),
}
"""Every address and what it answers with."""


@dataclass(frozen=True)
class Address:
    """A line of the table."""

    path: str
    says: str


@dataclass(frozen=True)
class Programs:
    """The page.

    Attributes:
        version: Of the API.
        document: Address of the OpenAPI document.
        addresses: All of them.
        examples: Commands to be copied.
    """

    version: str
    document: str
    addresses: Sequence[Address]
    examples: Sequence[str]


def programs(console: str, tongue: Tongue) -> Programs:
    """The page about the API.

    Args:
        console: Where this console is.
        tongue: Language of the words.
    """
    rows = f"{console}{ROOT}/indicators/VIC_IDENT/observations?TABLE=F1&REF_AREA=TUN"
    keys = "--cert analyst.coe.pem --key analyst.coe.key --cacert web.pem"
    return Programs(
        VERSION,
        f"{ROOT}/openapi.json",
        [Address(ROOT + path, tongue.gettext(says)) for path, says in ADDRESSES.items()],
        [
            f'curl "{rows}"',
            f'curl {keys} --header "Accept: text/csv" "{rows}"',
            f'curl "{console}{ROOT}/releases?indicator=VIC_IDENT&vintage=FINAL&since=2024-01-01"',
        ],
    )
