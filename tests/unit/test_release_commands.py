"""``southmed release``, from ledgers on disk to a file in the place of the topic."""

from __future__ import annotations

import json
import shutil
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.doctor.keys import judge_release_key
from deploy.home import Site
from deploy.release import KeyFiles, code_digest, init_keys
from processors.intake.errors import LedgerMissing
from processors.release.errors import (
    EarlierTrustMissing,
    NoSuchRelease,
    NotDue,
    ReleaseKeysMissing,
    ReleaseNotOurs,
)
from processors.release.log import Message
from processors.release.snapshot import unpack
from schemas.errors import KeyCompromised
from schemas.keys import SigningKey
from schemas.releases import Release, sign_release
from schemas.trust import ByStream, TrustDocument, TrustedKey
from tests.unit.release_site import a_site, lose_key, put, victims

Ask = Callable[..., Any]
ON = ("--as-of", "2024-07-01")


class Place:
    """A site, a file of releases, and the command."""

    def __init__(self, root: Path) -> None:
        self.site: Site = a_site(root / "site", victims(60))
        self.file = root / "releases.jsonl"

    def ask(self, command: str, *options: str, status: int = 0) -> Any:
        where = "--out" if command in ("run", "withdraw", "resign") else "--file"
        words = ["release", command, "--site", str(self.site.root), where, str(self.file), *options]
        done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == status, done.output
        return json.loads(done.stdout) if "--json" in options else done.stdout

    def releases(self) -> dict[str, Release]:
        lines = self.file.read_bytes().splitlines()
        opened = (Message.parse(line).open(self.site.trust()) for line in lines)
        return {release.key: release for release in opened}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A site that published all that was due on 1 July 2024. Tests only look at it."""
    place = Place(tmp_path_factory.mktemp("release"))
    place.ask("run", *ON)
    return place


@pytest.fixture
def place(published: Place, tmp_path: Path) -> Place:
    """A copy of it, to do things with."""
    mine = Place.__new__(Place)
    shutil.copytree(published.site.root, tmp_path / "site")
    mine.site, mine.file = Site(tmp_path / "site"), tmp_path / "releases.jsonl"
    shutil.copyfile(published.file, mine.file)
    return mine


def test_everything_due_is_published_from_the_ledgers(published: Place) -> None:
    releases = published.releases()
    # Five whole years, and the first quarter of 2024.
    assert len(releases) == 5 * 19 + 3
    statement = releases["F1|2023|FINAL"].statement
    assert [(r.authority, r.to_sequence) for r in statement.streams] == [("tn.inltp", 7)]
    assert statement.code == code_digest()
    total = sum(row.MEASUREMENT for row in releases["F2|2023|FINAL"].observations)
    # 96 cells of variance 8: four standard deviations are 111.
    assert abs(total - 60) < 111


def test_a_second_run_publishes_nothing_whatever_changed(place: Place) -> None:
    before = place.file.read_bytes()
    put(place.site, victims(10, first=500), sequence=9)
    assert place.ask("run", *ON, "--json") == {"published": []}
    assert place.file.read_bytes() == before


def test_the_plan_says_what_is_published_due_and_to_come(published: Place) -> None:
    states = {row["key"]: row["state"] for row in published.ask("plan", *ON, "--json")}
    assert states["F1|2023|FINAL"] == "published"
    assert states["P1|2024-Q2|PROVISIONAL"] == "to come"
    later = published.ask("plan", "--as-of", "2024-08-20", "--json")
    assert {r["key"]: r["state"] for r in later}["P1|2024-Q2|PROVISIONAL"] == "due"
    assert "P1|2024-Q2|PROVISIONAL" in published.ask("plan", *ON)


def test_a_release_is_shown_with_its_band_and_what_it_means(published: Place) -> None:
    shown = published.ask("show", "F1|2023|FINAL")
    assert "97.9%" in shown
    assert "not prevalence" in shown
    assert shown == published.ask("show", "f1/2023/final")
    document = published.ask("show", "F1/2023/FINAL", "--json")
    assert Release.model_validate(document) == published.releases()["F1|2023|FINAL"]
    assert "Exact" in published.ask("show", "E1|2023|FINAL")
    with pytest.raises(NoSuchRelease):
        published.ask("show", "F1|2024|FINAL")


def test_the_budget_is_told_with_its_epsilon(published: Place) -> None:
    told = published.ask("budget", "--json")
    spent = {row["quarter"]: row for row in told["quarters"]}
    assert (spent["2023-Q3"]["rho"], spent["2023-Q3"]["epsilon"]) == ("1/2", "5.22")
    assert (spent["2024-Q1"]["rho"], spent["2024-Q1"]["epsilon"]) == ("3/16", "3.02")
    assert "5.22" in published.ask("budget")


def test_every_release_is_computed_again_where_keys_and_records_are(published: Place) -> None:
    told = published.ask("verify", "--json")
    assert told["sound"]
    assert {(r["cells"], r["budget"], r["again"]) for r in told["releases"]} == {("ok", "ok", "ok")}


def test_an_empty_topic_proves_nothing(place: Place, tmp_path: Path) -> None:
    place.file = tmp_path / "empty.jsonl"
    with pytest.raises(NoSuchRelease):
        place.ask("verify")


def test_an_analyst_verifies_with_the_trust_document_alone(place: Place, tmp_path: Path) -> None:
    alone = Place.__new__(Place)
    (tmp_path / "analyst").mkdir()
    shutil.copyfile(place.site.trust_file, tmp_path / "analyst" / "trust.json")
    alone.site, alone.file = Site(tmp_path / "analyst"), place.file
    told = alone.ask("verify", "--topic", "--json")
    assert told["sound"]
    assert {(r["cells"], r["again"]) for r in told["releases"]} == {("ok", "not checked")}


def test_after_the_audit_the_keys_of_a_year_may_go(place: Place) -> None:
    (place.site.platform / "noise_2023.key").unlink()
    again = {r["key"]: r["again"] for r in place.ask("verify", "--json")["releases"]}
    assert again["F1|2023|FINAL"] == "not checked"
    assert again["F1|2022|FINAL"] == "ok"


def test_a_release_whose_records_are_not_those_behind_it_is_noticed(place: Place) -> None:
    kept = place.site.platform / "releases" / "records" / "F1_2023_FINAL.jsonl"
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join(lines[1:]))
    told = place.ask("verify", "--json", status=1)
    assert [r["key"] for r in told["releases"] if r["again"] == "wrong"] == ["F1|2023|FINAL"]


def test_withdrawing_leaves_a_marker_and_the_budget_spent(place: Place) -> None:
    before = place.ask("budget", "--json")
    place.ask("withdraw", "F3|2023|FINAL", "--reason", "SOURCE_ERROR", *ON)
    assert "withdrawn on 2024-07-01: SOURCE_ERROR" in place.ask("show", "F3|2023|FINAL")
    assert place.ask("budget", "--json") == before
    assert place.ask("run", *ON, "--json") == {"published": []}
    assert place.ask("verify", "--json")["sound"]
    states = {row["key"]: row["state"] for row in place.ask("plan", *ON, "--json")}
    assert states["F3|2023|FINAL"] == "withdrawn"
    place.ask("withdraw", "F1|2023|FINAL", "--reason", "BECAUSE", *ON, status=2)


@pytest.mark.parametrize(
    ("options", "touched"),
    [
        (("--authority", "tn", "--from-sequence", "7"), 98),
        (("--authority", "tn.inltp", "--from-sequence", "1", "--stream", "0"), 98),
        (("--authority", "tn", "--from-sequence", "8"), 0),
        (("--authority", "tn", "--from-sequence", "1", "--epoch", "2"), 0),
        (("--authority", "tn", "--from-sequence", "1", "--stream", "1"), 0),
        (("--authority", "ma", "--from-sequence", "1"), 0),
    ],
)
def test_impact_lists_the_releases_that_count_a_batch(
    published: Place, options: tuple[str, ...], touched: int
) -> None:
    assert len(published.ask("impact", *options, "--json")["touched"]) == touched


def test_what_comes_late_is_counted_once_and_not_in_what_is_out(tmp_path: Path) -> None:
    """Of February, read when the first quarter was out: it enters in April."""
    place = Place(tmp_path)
    place.ask("run", "--as-of", "2023-05-20")
    put(place.site, victims(1, first=900, offset=5, period="2023-02"))
    place.ask("run", *ON)
    kept = place.site.platform / "releases" / "records"
    before = place.releases()["P1|2023-Q1|PROVISIONAL"].statement.released_on
    assert str(before) == "2023-05-20"
    months = Counter(
        (period, record.month)
        for period in ("P1_2023-Q1_PROVISIONAL", "P1_2023-Q2_PROVISIONAL", "F1_2023_FINAL")
        for record in unpack((kept / f"{period}.jsonl").read_bytes())
    )
    # Five in each month, and the late one.
    assert months["P1_2023-Q1_PROVISIONAL", "2023-02"] == 5
    assert months["P1_2023-Q2_PROVISIONAL", "2023-04"] == 6
    assert months["F1_2023_FINAL", "2023-02"] == 5
    assert months["F1_2023_FINAL", "2023-04"] == 6


def test_a_release_needs_the_ledgers_of_all_partitions(place: Place) -> None:
    """A partition whose ledger lies elsewhere would count as nobody."""
    shutil.rmtree(place.site.ledgers / "worker-1" / "LBN-3")
    with pytest.raises(LedgerMissing) as caught:
        place.ask("run", "--as-of", "2024-08-20")
    assert caught.value.got == "15 of them"


def test_a_release_needs_the_key_of_its_year(place: Place) -> None:
    (place.site.platform / "noise_2024.key").unlink()
    with pytest.raises(ReleaseKeysMissing):
        place.ask("run", "--as-of", "2024-08-20")


def test_without_a_place_to_publish_nothing_is_begun(place: Place) -> None:
    words = ["release", "run", "--site", str(place.site.root), "--as-of", "2024-08-20"]
    assert CliRunner().invoke(app, words, env={"SOUTHMED_BROKER": ""}).exit_code == 2
    assert not list((place.site.platform / "releases" / "intended").glob("*.json"))


def test_what_a_site_published_is_known_without_a_broker(place: Place) -> None:
    words = ["release", "plan", "--site", str(place.site.root), *ON, "--json"]
    done = CliRunner().invoke(app, words, env={"SOUTHMED_BROKER": ""})
    assert {row["state"] for row in json.loads(done.stdout)} == {"published", "to come"}


def test_private_files_are_for_their_owner_only(published: Place) -> None:
    private = [
        *published.site.platform.glob("*.key"),
        *(published.site.platform / "releases").rglob("*.json*"),
    ]
    assert len(private) > 100
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in private} == {0}


def test_keys_are_made_once_and_listed_once(place: Place) -> None:
    version = place.site.trust().version
    assert init_keys(place.site, [2019, 2024]) == []
    assert [path.name for path in init_keys(place.site, [2030])] == ["noise_2030.key"]
    assert place.site.trust().version == version


def test_nothing_of_a_register_or_a_count_is_in_what_run_tells(tmp_path: Path) -> None:
    place = Place(tmp_path)
    told = place.ask("run", "--as-of", "2019-06-01")
    assert told.splitlines() == [
        *(f"published P{n}|2019-Q1|PROVISIONAL" for n in (1, 2, 3)),
        "3 releases published",
    ]


def test_not_due_names_the_calendar() -> None:
    assert "southmed release plan" in NotDue.advice


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "ok"),
        ({"purpose": "receipt"}, "FOREIGN_KEY"),
        ({"compromised_from": ByStream(default=(1, 1))}, "KEY_COMPROMISED"),
        (None, "UNKNOWN_KEY"),
    ],
)
def test_the_doctor_says_whether_releases_will_be_believed(change: Any, told: str) -> None:
    key = SigningKey.generate("ed25519")
    entry = TrustedKey.of(key.verify_key, owner="platform", purpose="release")
    listed = [] if change is None else [entry.model_copy(update=change)]
    finding = judge_release_key(TrustDocument(version=3, authorities=[], keys=listed), key.keyid)
    assert told in (finding.state.name.lower(), finding.what.partition(":")[0]), finding


# --- A lost key ----------------------------------------------------------------------------------


def test_a_lost_key_stops_publishing_until_everything_is_signed_again(place: Place) -> None:
    place.ask("withdraw", "F1/2019/FINAL", "--reason", "SOURCE_ERROR", *ON)
    paid, out = place.ask("budget", "--json"), place.releases()
    lose_key(place.site)
    with pytest.raises(KeyCompromised):
        place.ask("run", *ON)
    before = place.file.read_bytes()
    rehearsed = place.ask("resign", "--dry-run", "--json")
    assert {release["state"] for release in rehearsed["releases"]} == {"signed again"}
    assert place.file.read_bytes() == before
    told = place.ask("resign", "--json")
    assert {**told, "dry_run": True} == rehearsed
    assert place.file.read_bytes().startswith(before)
    assert place.ask("budget", "--json") == paid
    assert place.ask("verify", "--json")["sound"]
    assert place.ask("run", "--json", *ON) == {"published": []}
    newest = {
        message.key: message.open(place.site.trust())
        for message in map(Message.parse, place.file.read_bytes().splitlines()[len(out) + 1 :])
    }
    assert newest == out
    assert "0 signed again" in place.ask("resign")


def test_what_is_not_ours_is_told_by_key_and_code_and_ends_with_3(place: Place) -> None:
    thief = KeyFiles(place.site).signer()
    strange = place.releases()["F1|2019|FINAL"].dump().replace(b'"F1"', b'"F2"')
    forged = Message("F1|2019|FINAL", strange, sign_release(strange, thief))
    odd = Message("\x1b[2J", strange, sign_release(strange, thief))
    with place.file.open("ab") as file:
        file.write(forged.dump() + odd.dump())
    lose_key(place.site)
    told = place.ask("resign", "--json", status=3)
    refused = {r["key"]: r["code"] for r in told["releases"] if r["state"] == "refused"}
    assert refused == {"F1|2019|FINAL": "RELEASE_NOT_OURS", "?": "RELEASE_NOT_OURS"}
    text = place.ask("resign", status=3)
    assert "RELEASE_NOT_OURS" in text
    assert ReleaseNotOurs.advice in text
    assert "\x1b[2J" not in text


def test_without_the_document_of_before_nothing_is_signed_again(
    place: Place, tmp_path: Path
) -> None:
    lose_key(place.site)
    kept = place.site.platform / "trust"
    aside = tmp_path / "aside"
    kept.rename(aside)
    before = place.file.read_bytes()
    assert EarlierTrustMissing.code in place.ask("resign", status=3)
    assert place.file.read_bytes() == before
    for path in aside.iterdir():
        shutil.copy(path, kept / path.name)
    place.ask("resign")
    place.ask("verify")
