"""``adapter lint``, ``check`` and ``preview`` as a person or a program meets them."""

from __future__ import annotations

import csv
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from country_adapters import AUTHORITIES, REGISTERS
from deploy.brokers.embedded import EmbeddedBroker
from deploy.home import Site, init_site
from schemas.keys import SigningKey, dump_private
from schemas.private_files import write_private
from schemas.trust import TrustDocument
from tests.integration.golden import ASSIGNED, fixtures, golden
from tests.integration.golden import register as declared
from tests.integration.shell import Said, Southmed
from tests.unit.small_register import GOOD, HEADER, REGISTER, declare

# --- lint ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("register", REGISTERS.values())
def test_lint_finds_no_fault_in_a_shipped_register(southmed: Southmed, register: str) -> None:
    said = southmed("adapter", "lint", register, "--json")
    assert (said.status, said.json) == (0, {"register": register, "faults": []})
    assert southmed("adapter", "lint", register).out == "no fault found\n"


def test_lint_tells_every_fault_and_exits_with_1(southmed: Southmed, tmp_path: Path) -> None:
    wrong = REGISTER.replace("country: TUN", "country: FRA").replace("type: assistance.", "type: a")
    folder = declare(tmp_path, wrong)
    said = southmed("adapter", "lint", folder, "--json")
    assert said.status == 1
    assert [fault["line"] for fault in said.json["faults"]] == [2, 23, 28]
    assert {*said.json["faults"][0]} == {"file", "line", "key", "expected"}
    told = southmed("adapter", "lint", folder)
    assert told.status == 1
    assert f"{tmp_path.name}/register.yaml:2:country expected a reporting country" in told.out
    assert told.out.endswith("3 faults\n")


def test_lint_of_a_register_that_is_not_there_exits_with_1(southmed: Southmed) -> None:
    said = southmed("adapter", "lint", "atlantis")
    assert said.status == 1
    assert "no atlantis/register.yaml" in said.out


# --- preview -------------------------------------------------------------------------------------


def counted(events: Iterable[Mapping[str, Any]]) -> dict[str, Counter[tuple[str, str]]]:
    """How often each field holds each value, by event type."""
    found: dict[str, Counter[tuple[str, str]]] = {}
    for event in events:
        counts = found.setdefault(event["event_type"], Counter())
        for name, value in event.items():
            if name.endswith("_ref") or name in (*ASSIGNED, "event_type"):
                continue
            for one in (value or [""]) if isinstance(value, list) else [value]:
                said = "" if one is None else str(one)
                counts[name, said.lower() if isinstance(one, bool) else said] += 1
    return found


@pytest.mark.parametrize("register", REGISTERS.values())
def test_a_preview_counts_what_a_run_lets_out(
    southmed: Southmed, tmp_path: Path, register: str
) -> None:
    due = golden(register, tmp_path)
    data = declared(register, tmp_path).data
    said = southmed("adapter", "preview", register, "--data", data, "--json", "--rows", "4")
    assert said.status == 3
    told = {
        kind["event_type"]: Counter(
            {
                (field["field"], value["code"]): value["count"]
                for field in kind["fields"]
                for value in field["values"]
            }
        )
        for kind in said.json["events"]
    }
    assert told == counted(due.told) != counted(due.mapped)
    assert [quarter["published"] for quarter in said.json["quarters"]] == [
        int(line["published"]) for line in csv.DictReader(due.quarters.splitlines())
    ]
    assert len(said.json["rows"]) == 4


@pytest.mark.parametrize("register", REGISTERS.values())
def test_a_preview_refuses_what_the_golden_files_reject(
    southmed: Southmed, tmp_path: Path, register: str
) -> None:
    data = declared(register, tmp_path).data
    said = southmed("adapter", "preview", register, "--data", data, "--json", "--rows", "0")
    with (fixtures(register) / "expected_rejects.csv").open(encoding="utf-8") as file:
        expected = {tuple(row[k] for k in PLACED) for row in csv.DictReader(file)}
    told = {
        (refusal["table"], place, refusal["column"], refusal["code"])
        for refusal in said.json["refusals"]
        for place in refusal["places"]
    }
    assert told == expected
    rows = {(table, place) for table, place, _, _ in expected}
    assert sum(table["refused"] for table in said.json["tables"]) == len(rows)


PLACED = ("table", "row", "column", "code")


def test_the_json_of_a_preview_has_labels_and_meanings_in_three_languages(
    southmed: Southmed,
) -> None:
    said = southmed("adapter", "preview", "tunisia", "--json", "--rows", "1").json
    assert {*said} == {
        *("register", "authority", "country", "day", "sha256", "tables", "columns_at_home"),
        *("columns_read", "events", "identifiers", "quarters", "refusals", "rows"),
    }
    assert (said["register"], said["authority"], said["country"]) == ("tunisia", "tn.inltp", "TUN")
    assert {len(digest) for digest in said["sha256"].values()} == {64}
    assert {"table": "victims", "header": "Victime / Téléphone"} in said["columns_at_home"]
    identified = next(e for e in said["events"] if e["event_type"] == "victim.identified")
    sex = next(field for field in identified["fields"] if field["field"] == "sex")
    assert sex["codelist"] == "CL_SEX"
    assert sex["meanings"]["fr"] == "Sexe enregistré"
    assert sex["values"][0]["labels"] == {"en": "Female", "fr": "Féminin", "ar": "أنثى"}
    first = said["quarters"][0]
    assert first["node"] == {
        "sex": 1,
        "age": 2,
        "citizenship": 3,
        "route": 3,
        "region": 2,
        "period": 1,
    }
    assert (first["window"], first["k"], first["l"], first["waiting"]) == ("2019-Q1", 5, 2, 0)
    assert {*said["refusals"][0]["reasons"]} == {"en", "fr", "ar"}
    (row,) = said["rows"]
    assert (row["table"], row["place"], row["problems"]) == ("victims", "2019!4", [])
    assert row["events"][0]["fields"]["channel"][0]["code"] == "HOTLINE"


def test_a_preview_on_a_terminal_has_sums_first_and_then_rows(
    southmed: Southmed, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    said = southmed("adapter", "preview", "tunisia", "--rows", "2", "--html", page)
    assert said.status == 3
    assert "written" in said.told
    order = ["stay home", "are read", "victim.identified: 330 events", "2021-Q2"]
    order.append("DATE_IMPOSSIBLE")
    places = [said.out.index(word) for word in (*order, "victims 2019!4", "declarations ")]
    assert places == sorted(places)
    assert "HOTLINE (Hotline / green number)" in said.out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert said.out.rstrip().rpartition(" ")[2] in text, "the digest on both"


def test_a_preview_without_refused_rows_exits_with_0_and_leaves_nothing_behind(
    southmed: Southmed, tmp_path: Path
) -> None:
    folder = declare(tmp_path)
    (folder / "r.csv").write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    said = southmed("adapter", "preview", folder, "--data", folder)
    assert said.status == 0
    assert "Fictive" not in said.out
    assert sorted(tmp_path.iterdir()) == before


def test_a_preview_leaves_the_outbox_of_the_authority_alone(
    southmed: Southmed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = init_site(tmp_path / "site", AUTHORITIES, scheme="x25519")
    monkeypatch.setenv("SOUTHMED_SITE", str(site.root))
    southmed("adapter", "open-epoch", "tunisia")
    before = southmed("adapter", "status", "tunisia", "--json").json
    assert southmed("adapter", "preview", "tunisia", "--rows", "0").status == 3
    assert southmed("adapter", "status", "tunisia", "--json").json == before


UNREADABLE = [
    ("r.csv", "", "WRONG_ENCODING"),
    ("r.csv", HEADER.replace("Lieu", "Lieux") + "\n", "MISSING_COLUMN"),
    ("r.csv", HEADER + ",Mobile\n", "UNKNOWN_COLUMN"),
    ("other.csv", HEADER, "REGISTER_MISSING"),
]


@pytest.mark.parametrize(("name", "text", "code"), UNREADABLE)
def test_a_register_that_is_not_as_declared_has_no_preview(
    southmed: Southmed, tmp_path: Path, name: str, text: str, code: str
) -> None:
    folder = declare(tmp_path)
    (folder / name).write_text(text, encoding="utf-8")
    page = tmp_path / "page.html"
    said = southmed("adapter", "preview", folder, "--data", folder, "--html", page)
    assert (said.status, said.out) == (1, "")
    assert code in said.told
    assert not page.exists()


# --- check ---------------------------------------------------------------------------------------


def states(said: Said) -> dict[tuple[str, str], str]:
    return {(f["check"], f["subject"]): f["state"] for f in said.json["findings"]}


@pytest.mark.parametrize(("authority", "register"), REGISTERS.items())
def test_check_finds_a_new_site_and_a_shipped_register_in_order(
    southmed: Southmed, site: Site, tmp_path: Path, authority: str, register: str
) -> None:
    made = declared(register, tmp_path)
    asked = ("adapter", "check", register, "--site", site.root, "--data", made.data)
    said = southmed(*asked, "--json")
    assert (said.status, said.json["state"]) == (0, "ok")
    found = states(said)
    for table in made.tables:
        assert found["register", table] == "ok"
    assert found["pseudonym secret", authority] == "ok"
    assert found["trust", f"signing key of {authority}"] == "ok"
    assert found["clock", "this machine"] == "ok"
    assert found["cluster", "cluster"] == "skipped"
    assert southmed(*asked).status == 0


def test_check_of_a_broker_that_is_not_there_fails(southmed: Southmed, site: Site) -> None:
    asked = ("adapter", "check", "tunisia", "--site", site.root, "--broker", "127.0.0.1:1")
    said = southmed(*asked, "--json")
    assert said.status == 1
    assert states(said)["cluster", "127.0.0.1:1"] == "fail"


@pytest.mark.broker
def test_check_of_an_embedded_broker_says_what_it_cannot_be_asked(
    southmed: Southmed, site: Site
) -> None:
    with EmbeddedBroker() as embedded:
        asked = ("adapter", "check", "tunisia", "--site", site.root, "--broker", embedded.servers)
        said = southmed(*asked, "--json")
        found = states(said)
    assert (said.status, said.json["state"]) == (0, "ok")
    assert found["cluster", embedded.servers] == "ok"
    assert {found[check, "cluster"] for check in ("topics", "rights", "lag")} == {"skipped"}


def no_secret(folder: Path, _trust: Path) -> None:
    (folder / "pseudonyms.key").unlink()


def short_secret(folder: Path, _trust: Path) -> None:
    (folder / "pseudonyms.key").write_bytes(b"short")


def others_read_the_key(folder: Path, _trust: Path) -> None:
    (folder / "signing.key").chmod(0o644)


def a_key_that_nobody_knows(folder: Path, _trust: Path) -> None:
    (folder / "signing.key").unlink()
    key = dump_private(SigningKey.generate("ed25519"))
    write_private(folder / "signing.key", key)


def a_clock_behind(_folder: Path, trust: Path) -> None:
    tomorrow = time.time() + 86_400
    os.utime(trust, (tomorrow, tomorrow))


def not_an_authority(_folder: Path, trust: Path) -> None:
    document = TrustDocument.parse(trust.read_bytes())
    others = [a for a in document.authorities if a.id != "tn.inltp"]
    keys = [key for key in document.keys if key.owner != "tn.inltp"]
    trust.write_bytes(document.model_copy(update={"authorities": others, "keys": keys}).dump())


BROKEN: list[tuple[Callable[[Path, Path], None], tuple[str, str]]] = [
    (no_secret, ("pseudonym secret", "tn.inltp")),
    (short_secret, ("pseudonym secret", "tn.inltp")),
    (others_read_the_key, ("trust", "trust.json")),
    (a_key_that_nobody_knows, ("trust", "signing key of tn.inltp")),
    (a_clock_behind, ("clock", "this machine")),
    (not_an_authority, ("trust", "trust.json")),
]


@pytest.mark.parametrize(("break_it", "finding"), BROKEN, ids=lambda b: getattr(b, "__name__", ""))
def test_check_names_what_is_wrong_and_exits_with_1(
    southmed: Southmed,
    site: Site,
    break_it: Callable[[Path, Path], None],
    finding: tuple[str, str],
) -> None:
    break_it(site.authority("tn.inltp"), site.trust_file)
    said = southmed("adapter", "check", "tunisia", "--site", site.root, "--json")
    assert said.status == 1
    assert states(said)[finding] == "fail"
    assert all(f["advice"] for f in said.json["findings"] if f["state"] in ("warn", "fail"))


ROWS = [
    ([], "warn", 3),
    ([GOOD.replace("D1", f"D{n}") for n in range(30)], "ok", 0),
    ([GOOD.replace("D1", f"D{n}").replace("achevée", "non") for n in range(30)], "fail", 1),
]


@pytest.mark.parametrize(("lines", "state", "status"), ROWS)
def test_check_reads_the_first_rows_and_tells_numbers_only(
    southmed: Southmed, tmp_path: Path, lines: list[str], state: str, status: int
) -> None:
    site = init_site(tmp_path / "site", {"tn.test": "TUN"}, scheme="x25519")
    folder = declare(tmp_path)
    (folder / "r.csv").write_text("\n".join((HEADER, *lines)), encoding="utf-8")
    asked = ("adapter", "check", folder, "--site", site.root, "--data", folder)
    said = southmed(*asked, "--json")
    assert (said.status, states(said)["register", "lines"]) == (status, state)
    assert "Fictive" not in said.out


def test_check_of_a_register_with_another_column_fails(southmed: Southmed, tmp_path: Path) -> None:
    site = init_site(tmp_path / "site", {"tn.test": "TUN"}, scheme="x25519")
    folder = declare(tmp_path)
    (folder / "r.csv").write_text(f"{HEADER},Mobile\n{GOOD},+216", encoding="utf-8")
    said = southmed("adapter", "check", folder, "--site", site.root, "--data", folder)
    assert said.status == 1
    assert "UNKNOWN_COLUMN" in said.out
    assert "Mobile" not in said.out
