"""Registers on servers of each kind, for the tests of sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from country_adapters.kit.sources.base import Source, SourceRow, Wanted
from country_adapters.kit.sources.dhis2 import Dhis2, Dhis2Options
from country_adapters.kit.sources.kobo_api import KoboApi, KoboApiOptions
from country_adapters.kit.sources.primero import Primero, PrimeroOptions
from country_adapters.kit.sources.web import Patience
from tests.unit.register_servers import (
    CASE,
    NAME,
    SEX,
    Dhis2Server,
    KoboServer,
    PrimeroServer,
    RegisterServer,
    served,
    write_access,
)

COUNT, PAGE = 7, 3
WANTED = Wanted(used=(CASE, SEX), ignored=(NAME,))
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


class Bench:
    """A register on a server, and the source that reads it.

    Attributes:
        server: The server.
        slept: The pauses that the source made.
        at: What its clock shows.
        page: Rows on a page.
    """

    def __init__(self, server: RegisterServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.slept: list[float] = []
        self.at = NOON
        self.page = PAGE

    def source(self, wanted: Wanted = WANTED) -> Source:
        patience = Patience(timeout=5, sleep=self.slept.append)
        where: dict[str, Any] = {"url": self.server.url, "page_size": self.page}
        token = {"token_file": "token"}
        if isinstance(self.server, KoboServer):
            kobo = KoboApiOptions(kind="kobo_api", asset="aTestForm", **token, **where)
            return KoboApi(kobo, self.folder, wanted, patience, lambda: self.at)
        if isinstance(self.server, PrimeroServer):
            files = {"user_file": "user", "password_file": "password"}
            primero = PrimeroOptions(kind="primero", **files, **where)
            return Primero(primero, self.folder, wanted, patience, lambda: self.at)
        uids = {"program": "ProgramUid1", "stage": "StageUid001", **token}
        dhis2 = Dhis2Options(kind="dhis2", overlap_seconds=0, **uids, **where)
        return Dhis2(dhis2, self.folder, wanted, patience)

    def read(self, cursor: str | None = None) -> list[SourceRow]:
        return list(self.source().read(cursor))

    def cases(self, cursor: str | None = None) -> list[object]:
        return [row.values[CASE] for row in self.read(cursor)]


SERVERS: dict[str, Callable[[int], RegisterServer]] = {
    "kobo_api": KoboServer,
    "primero": PrimeroServer,
    "dhis2": Dhis2Server,
}


def bench_of(kind: str, folder: Path) -> Iterator[Bench]:
    write_access(folder)
    server = SERVERS[kind](COUNT)
    with served(server):
        yield Bench(server, folder)


ALL = [f"C{number}" for number in range(1, COUNT + 1)]
