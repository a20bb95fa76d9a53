"""What the platform of the demo does besides counting: tokens, releases, alerts, quality, pages.

The rules:

1. Whoever answers or writes on Kafka is a process of its own, as its own principal. What an
   operator does once (keys) is done here before any of them starts.
2. Every table that was ever due is published, each as of its day.
3. Alerts come round by round. The first is waited for; later ones tell of what comes in meanwhile.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from http.client import HTTPConnection
from typing import Any

from country_adapters import AUTHORITIES
from deploy import release, trustee
from deploy.alerts import place as alerts
from deploy.demo.processes import Process, StepFailed, connecting, finished, log_of, serving
from deploy.home import Site
from deploy.reach import Reach
from processors.release.calendar import Item, items
from processors.release.tables import shipped
from schemas.trust import Holder

HOLDER: Holder = "trustee.linkage"
RELEASE, ALERTS, CONSOLE = "processor.release", "processor.alerts", "console"
ROUND_SECONDS = 45
"""Between two rounds of alerts."""
CONSOLE_SECONDS = 60.0
"""The console has so long to answer with what was published."""
NETWORKS = ("D1", "D2", "D5")
SURGES = ("D3", "D4")
_ADDRESS = re.compile(r"http://(127\.0\.0\.1):(\d+)/")
PAGE = "/en/region"


def make_keys(site: Site, since: int, today: date) -> None:
    """Makes the keys of trustee, releases and alerts, before anybody needs them."""
    place = trustee.Place(site, HOLDER)
    trustee.enrol(place)
    trustee.make_key(place, str(today.year))
    release.init_keys(site, range(since, today.year + 1))
    alerts.init_keys(site)


def serve_trustee(site: Site, reach: Reach) -> Process:
    """``southmed linkage serve``."""
    command = ("linkage", "serve", "--site", str(site.root), "--holder", HOLDER)
    return serving(site, reach, HOLDER, "trustee", *command)


# --- Rounds ---------------------------------------------------------------------------------------


def due(since: int, today: date) -> Sequence[Item]:
    """Everything of the calendar that is due."""
    return items(shipped(), today, since)


async def publish(site: Site, reach: Reach, since: int, today: date) -> list[str]:
    """``southmed release run``, as of each day on which something was due.

    Returns:
        The keys of what was published.
    """
    days = sorted({item.due for item in due(since, today)})
    done = await finished(
        *(site, "release"),
        *("release", "run", "--site", str(site.root), "--since", str(since)),
        *(word for day in days for word in ("--as-of", str(day))),
        *connecting(reach, RELEASE),
    )
    return [each["key"] for each in done["published"]]


async def alert(site: Site, reach: Reach) -> dict[str, int]:
    """One round of ``southmed alerts run``.

    Returns:
        New alerts by detector; one that two readers are told of is two.
    """
    where = ("--site", str(site.root), *connecting(reach, ALERTS))
    done = await finished(site, "alerts", "alerts", "run", "--once", *where)
    return dict(sorted(Counter(each["detector"] for each in done["written"]).items()))


async def judge(site: Site, reach: Reach) -> list[str]:
    """``southmed quality run``: how the data of each authority come in.

    Returns:
        The authorities of which something is told.
    """
    where = ("--site", str(site.root), *connecting(reach, RELEASE))
    done = await finished(site, "quality", "quality", "run", *where)
    return [str(each["authority"]) for each in done["messages"]]


def go_on_alerting(site: Site, reach: Reach) -> Process:
    """``southmed alerts run``, round after round."""
    command = ("alerts", "run", "--site", str(site.root), "--every", str(ROUND_SECONDS))
    return serving(site, reach, ALERTS, "alerts", *command)


# --- The console ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What the console answered.

    Attributes:
        address: Where it is.
        status: Of its first page.
        bytes: How long that is.
        figures: How many figures stand on it.
    """

    address: str
    status: int
    bytes: int
    figures: int

    @property
    def is_whole(self) -> bool:
        return self.status == 200 and self.figures > 0


def serve_console(site: Site, reach: Reach) -> Process:
    """``southmed console serve``, open to everybody on this machine, on a free port."""
    command = ("console", "serve", "--unsafe-open", "--port", "0", "--trust", str(site.trust_file))
    return serving(site, reach, CONSOLE, "console", *command)


async def console_answers(site: Site, process: Process) -> Answer:
    """Waits until the console shows what was published.

    Raises:
        StepFailed: It ended, or shows nothing for too long.
    """
    deadline = time.monotonic() + CONSOLE_SECONDS
    answer = None
    while time.monotonic() < deadline and process.poll() is None:
        if found := _ADDRESS.search(log_of(site, "console").read_text(encoding="utf-8")):
            answer = await asyncio.to_thread(_ask, found[1], int(found[2]))
            if answer.is_whole:
                return answer
        await asyncio.sleep(0.25)
    told = asdict(answer) if answer else f"status {process.poll()}"
    raise StepFailed(expected="a page of the console with figures", got=str(told))


def _ask(host: str, port: int) -> Answer:
    connection = HTTPConnection(host, port, timeout=CONSOLE_SECONDS)
    try:
        connection.request("GET", PAGE)
        reply = connection.getresponse()
        page = reply.read()
    finally:
        connection.close()
    return Answer(f"http://{host}:{port}/", reply.status, len(page), page.count(b"<figure"))


# --- What came of it ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What was published, and whether anything is missing.

    Attributes:
        releases: Keys of releases.
        due: Keys of what the calendar has.
        alerts: New alerts by detector.
        judged: Authorities of which it is told how their data come in.
        console: What the console answered; None where its libraries are not installed.
    """

    releases: Sequence[str]
    due: Sequence[str]
    alerts: Mapping[str, int]
    judged: Sequence[str]
    console: Answer | None

    @property
    def missing(self) -> list[str]:
        """What ought to be there and is not, in words."""
        found = [f"release {key}" for key in self.due if key not in self.releases]
        found += [f"alerts of {name}" for name in NETWORKS if not self.alerts.get(name)]
        if not any(self.alerts.get(name) for name in SURGES):
            found.append("surges")
        found += [f"quality of {name}" for name in AUTHORITIES if name not in self.judged]
        return found

    def as_dict(self) -> dict[str, Any]:
        return {
            "releases": list(self.releases),
            "alerts": dict(self.alerts),
            "quality": list(self.judged),
            "console": asdict(self.console) if self.console else None,
            "missing": self.missing,
        }
