"""An invented register on each kind of server, declared, mapped and recorded in an outbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from country_adapters.kit.errors import (
    DeclarationInvalid,
    MissingColumn,
    RowsGone,
    UnknownColumn,
)
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import RunReport, run
from producers.rows import Recorded
from tests.unit.register_servers import (
    PLANTED,
    SECRET,
    Dhis2Server,
    KoboServer,
    PrimeroServer,
    RegisterServer,
    served,
    write_access,
)
from tests.unit.small_register import CODES, TODAY, declare
from tests.unit.test_runner import Killed, MortalOutbox

NAMES = Pseudonyms(bytes(32))
COUNT = 7
NO_QUESTIONS = ("case_id_display", "enrollment", "occurredAt")
"""What the servers themselves keep of every row."""

REGISTER = """\
authority: tn.test
country: TUN
tables:
  lines:
    source:
      {source}
    columns:
      case: {{header: {case}, kind: key}}
      reported: {{header: {reported}, kind: date, order: iso}}
      ended: {{header: {ended}, kind: date, order: iso}}
      reason: {{header: {reason}, kind: code, table: closure}}
      services: {{header: {services}, kind: code, table: services, split: "{split}"}}
      region: {{header: {region}, kind: region, blank: _U}}
    ignore: [{ignore}]
    row_key: [case]
    case_key: [case]
    victim_key: [case]
    required:
      - {{columns: reported}}
    events:
      - type: assistance.closed
        when: {{filled: ended}}
        period: ended
        region: region
        fields: {{reason: reason}}
      - type: assistance.provided
        each: services
        period: reported
        fields:
          service: services
          provider_type: {{const: GOV}}
          days_from_referral: {{const: _U}}
"""


class Example(NamedTuple):
    """One kind of server with its declaration.

    Attributes:
        server: What it runs on.
        source: The lines under ``source``.
        headers: What the columns are called there; ``name`` is one that nobody uses.
        services: Two services as the server gives them.
        split: What parts them.
    """

    server: type[RegisterServer]
    source: str
    headers: Mapping[str, str]
    services: object
    split: str
    ignores: bool = True


EXAMPLES = {
    "kobo_api": Example(
        KoboServer,
        "{kind: kobo_api, url: URL, asset: aTestForm, token_file: token, page_size: 3}",
        {
            "case": "file/number",
            "name": "person/name",
            "reported": "file/reported",
            "ended": "file/closed",
            "reason": "file/reason",
            "services": "help/services",
            "region": "file/place",
        },
        "psy foyer",
        " ",
    ),
    "primero": Example(
        PrimeroServer,
        "{kind: primero, url: URL, user_file: user, password_file: password, page_size: 3}",
        {
            "case": "case_id_display",
            "name": "name",
            "reported": "registration_date",
            "ended": "date_closure",
            "reason": "closure_reason",
            "services": "services_given",
            "region": "location_current",
        },
        ["psy", "foyer"],
        ";",
        ignores=False,
    ),
    "dhis2": Example(
        Dhis2Server,
        "{kind: dhis2, url: URL, program: ProgramUid1, stage: StageUid001, token_file: token,"
        " page_size: 3}",
        {
            "case": "enrollment",
            "name": "NameOfPers1",
            "reported": "occurredAt",
            "ended": "DateOfEnd01",
            "reason": "ReasonEnd01",
            "services": "ServicesGv1",
            "region": "PlaceOfFact",
        },
        "psy,foyer",
        ",",
    ),
}


def row_of(example: Example, number: int) -> dict[str, Any]:
    cells = {
        "case": f"D{number}",
        "name": PLANTED,
        "reported": "2020-02-01T00:00:00.000",
        "ended": "2020-04-03",
        "reason": "achevée",
        "services": example.services,
        "region": "Le Kef",
    }
    named = {example.headers[name]: cell for name, cell in cells.items()}
    theirs = example.server(number).rows[-1]
    own = {
        key: value for key, value in theirs.items() if key in ("_id", "id", "event", "updatedAt")
    }
    return {**own, **named}


class Authority:
    """An authority with a register on a server, and its outbox."""

    def __init__(self, example: Example, folder: Path) -> None:
        self.example = example
        self.folder = folder
        self.server = example.server(0)
        self.server.rows = [row_of(example, number) for number in range(1, COUNT + 1)]
        self.server.form = [name for name in example.headers.values() if name not in NO_QUESTIONS]
        self.outbox = MortalOutbox(
            folder / "outbox.sqlite", authority="tn.test", streams=1, id_key=bytes(32)
        )

    def a_day_passes(self) -> None:
        """The last complete reading began two days ago."""
        fingerprint, _, text = (self.outbox.cursor("lines") or "").partition("|")
        kept = json.loads(text)
        began = datetime.fromisoformat(kept["began"]) - timedelta(days=2)
        aged = json.dumps({**kept, "began": began.isoformat()})
        self.outbox.record("lines", [], f"{fingerprint}|{aged}")

    def declared(self) -> str:
        """The register's declaration, with the address of the server."""
        source = self.example.source.replace("URL", self.server.url)
        ignore = self.example.headers["name"] if self.example.ignores else ""
        return REGISTER.format(
            source=source, split=self.example.split, ignore=ignore, **self.example.headers
        )

    def run(self) -> RunReport:
        register = load_register(declare(self.folder, self.declared(), CODES), self.folder)
        return run(register, self.outbox, pseudonyms=NAMES, today=TODAY, chunk=2)


@pytest.fixture(params=EXAMPLES)
def authority(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Authority]:
    write_access(tmp_path)
    authority = Authority(EXAMPLES[request.param], tmp_path)
    with served(authority.server):
        yield authority


def test_a_register_on_a_server_runs_into_the_outbox(authority: Authority) -> None:
    report = authority.run()
    assert (report.rows, report.mapped, report.problems) == (COUNT, COUNT, {})
    assert report.events == Recorded(new=3 * COUNT)


def test_a_run_that_broke_off_is_finished_by_the_next(authority: Authority) -> None:
    recorded = []
    for _ in range(3):
        authority.outbox.lives = 1
        with pytest.raises(Killed):
            authority.run()
        recorded.append(authority.outbox.tally()["facts_waiting"])
    assert recorded == [6, 12, 18], "each run goes on behind the last"
    authority.outbox.lives = 1_000
    report = authority.run()
    assert authority.outbox.tally()["events"] == 3 * COUNT
    assert report.events.corrected == report.events.withdrawn == 0


def test_a_new_row_and_nothing_else_is_recorded_by_the_next_run(authority: Authority) -> None:
    authority.run()
    authority.server.rows.append(row_of(authority.example, COUNT + 1))
    events = authority.run().events
    assert (events.new, events.corrected, events.withdrawn) == (3, 0, 0)


def test_a_row_deleted_on_the_server_is_withdrawn_by_the_next_complete_reading(
    authority: Authority,
) -> None:
    authority.run()
    del authority.server.rows[2]
    assert authority.run().events.withdrawn == 0, "the next complete reading is tomorrow's"
    authority.a_day_passes()
    report = authority.run()
    assert (report.tables[0].rows_gone, report.events.withdrawn) == (1, 3)
    assert authority.run().events.withdrawn == 0


def test_a_complete_reading_that_broke_off_knows_the_rows_it_found_before(
    authority: Authority,
) -> None:
    authority.run()
    del authority.server.rows[4]
    authority.a_day_passes()
    for _ in range(2):
        authority.outbox.lives = 1
        with pytest.raises(Killed):
            authority.run()
    authority.outbox.lives = 1_000
    report = authority.run()
    assert report.rows < COUNT - 1, "it went on where it stopped"
    assert (report.tables[0].rows_gone, report.events.withdrawn) == (1, 3)


def test_a_server_that_lost_most_rows_withdraws_nothing(authority: Authority) -> None:
    authority.server.rows = [row_of(authority.example, n) for n in range(1, 21)]
    authority.run()
    del authority.server.rows[5:]
    authority.a_day_passes()
    for _ in range(2):
        with pytest.raises(RowsGone, match="15 of them missing"):
            authority.run()
    assert authority.outbox.tally()["events"] == 60


def test_a_question_that_vanished_or_came_stops_the_run_before_a_row_is_recorded(
    authority: Authority,
) -> None:
    lost = authority.example.headers["reason"]
    authority.server.form.remove(lost)
    with pytest.raises(MissingColumn, match=lost):
        authority.run()
    authority.server.form.append(lost)
    if authority.example.ignores:
        authority.server.form.append("AnotherQst1")
        with pytest.raises(UnknownColumn, match="AnotherQst1"):
            authority.run()
    assert authority.outbox.tally()["events"] == 0


def test_a_row_with_a_problem_stays_home_and_its_name_is_written_nowhere(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    authority.server.rows[0][authority.example.headers["reason"]] = PLANTED
    report = authority.run()
    assert report.problems == {"UNKNOWN_VALUE": 1}
    authority.outbox.close()
    for path in authority.folder.glob("outbox.sqlite*"):
        data = path.read_bytes()
        assert PLANTED.encode() not in data
        assert SECRET.encode() not in data
    assert PLANTED not in caplog.text


@pytest.mark.parametrize("key", ["token", "password"])
def test_a_secret_has_no_place_in_a_declaration(authority: Authority, key: str) -> None:
    authority.example = authority.example._replace(
        source=authority.example.source.replace("page_size", f"{key}: {SECRET}, page_size")
    )
    with pytest.raises(DeclarationInvalid, match=f"key tables.lines.source.{key}") as caught:
        authority.run()
    assert SECRET not in str(caught.value)
    assert authority.server.asked == []


def test_an_address_without_tls_is_no_declaration(authority: Authority) -> None:
    source = authority.example.source.replace("URL", "http://register.example")
    authority.example = authority.example._replace(source=source)
    with pytest.raises(DeclarationInvalid, match="https"):
        authority.run()


def test_what_a_cursor_keeps_names_nobody(authority: Authority) -> None:
    authority.run()
    cursor = authority.outbox.cursor("lines") or ""
    kept = json.loads(cursor.partition("|")[2])
    assert set(kept) <= {"began", "last", "rows", "total", "after", "until", "reached"}
