"""``southmed consume`` and ``southmed release export`` on a broker, as an analyst meets them.

The messages are made and signed by the functions that publish them; attacks are what somebody
could do who can write to the topic but does not hold the platform's key.
"""

from __future__ import annotations

import csv
import io
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.brokers.embedded import EmbeddedBroker
from deploy.consume.judge import Message
from schemas.releases import plain
from tests.integration.analyst import E1, F1, F2, P1, Scene, by_release, lines, tampered
from tests.integration.shell import Southmed
from tests.published import (
    OTHER_KEY,
    PLATFORM_KEY,
    message,
    releases,
    remeasured,
    trusting,
    withdrawn,
)

pytestmark = pytest.mark.broker

LIMIT = 60.0


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with EmbeddedBroker() as broker:
        yield Scene(tmp_path, broker)


# --- Once ----------------------------------------------------------------------------------------


def test_what_was_published_is_what_is_printed(southmed: Southmed, scene: Scene) -> None:
    scene.publish(message(F1), message(E1))
    said = southmed("consume", *scene.connecting, "--once", "--format", "jsonl")
    assert said.status == 0
    assert said.told == "2 releases (0 withdrawn), 0 messages refused"
    told = [
        {n: v for n, v in row.items() if n not in ("RELEASE", "TABLE", "VINTAGE")}
        for row in lines(said.out)
    ]
    assert told == [plain(o) for release in (F1, E1) for o in release.observations]


def test_an_empty_topic_is_read_to_its_end(southmed: Southmed, scene: Scene) -> None:
    said = southmed("consume", *scene.connecting, "--once", "--format", "jsonl")
    assert (said.status, said.out) == (0, "")


ATTACKS = {
    "tampered": (tampered(), "BAD_SIGNATURE"),
    "wrong key": (message(F1, signer=OTHER_KEY), "UNKNOWN_KEY"),
    "unsigned": (message(F1)._replace(headers=[]), "BAD_SIGNATURE"),
    "tombstone": (message(F1)._replace(value=None, headers=[]), "RELEASE_DELETED"),
    "misplaced": (message(F1)._replace(key=b"F1|2022|FINAL"), "RELEASE_MISPLACED"),
}


@pytest.mark.parametrize(("attack", "code"), ATTACKS.values(), ids=ATTACKS)
def test_what_does_not_verify_is_refused_and_the_rest_is_printed(
    southmed: Southmed, scene: Scene, attack: Message, code: str
) -> None:
    scene.publish(message(E1), attack, message(F2))
    said = southmed("consume", *scene.connecting, "--once", "--format", "jsonl")
    assert said.status == 1
    assert f"refused offset 1, {(attack.key or b'').decode()}: {code}:" in said.told
    assert said.told.endswith("2 releases (0 withdrawn), 1 messages refused")
    assert by_release(said.out) == [E1.key, F2.key]


def test_a_forgery_does_not_take_the_place_of_what_it_imitates(
    southmed: Southmed, scene: Scene
) -> None:
    scene.publish(message(F1), tampered(), message(F1)._replace(value=None))
    said = southmed("consume", *scene.connecting, "--once", "--format", "jsonl")
    assert said.status == 1
    assert [row["OBS_VALUE"] for row in lines(said.out)] == [o.OBS_VALUE for o in F1.observations]


def test_a_second_measurement_is_refused(southmed: Southmed, scene: Scene) -> None:
    scene.publish(message(F1), message(remeasured(F1.key)))
    said = southmed("consume", *scene.connecting, "--once", "--format", "jsonl")
    assert said.status == 1
    assert "RELEASED_TWICE" in said.told
    assert [row["MEASUREMENT"] for row in lines(said.out)] == [
        o.MEASUREMENT for o in F1.observations
    ]


def test_only_the_withdrawal_is_shown_of_what_was_withdrawn(
    southmed: Southmed, scene: Scene
) -> None:
    scene.publish(message(F1), message(F2), message(withdrawn(F1)))
    said = southmed("consume", *scene.connecting, "--once", "--format", "jsonl")
    assert said.status == 0
    assert lines(said.out)[-1] == {
        "RELEASE": F1.key,
        "TABLE": "F1",
        "VINTAGE": "FINAL",
        "WITHDRAWN": "METHOD_ERROR",
    }
    assert by_release(said.out) == [F2.key, F1.key]


def test_csv_has_a_column_for_every_dimension(southmed: Southmed, scene: Scene) -> None:
    scene.publish(message(F1), message(E1), message(withdrawn(F2)))
    said = southmed("consume", *scene.connecting, "--once", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert len(rows) == len(F1.observations) + len(E1.observations) + 1
    assert (rows[0]["SEX"], rows[0]["AXIS"]) == (F1.observations[0].SEX, "")
    assert rows[-1]["WITHDRAWN"] == "METHOD_ERROR"
    assert {row["LOW_RELIABILITY"] for row in rows} == {"true", "false", ""}
    bare = southmed("consume", *scene.connecting, "--once", "--format", "csv", "--no-header")
    assert bare.out.splitlines() == said.out.splitlines()[1:]


def test_a_table_has_labels_in_the_language_and_tells_withdrawals(
    southmed: Southmed, scene: Scene
) -> None:
    scene.publish(message(E1), message(P1), message(withdrawn(F1)))
    said = southmed("consume", *scene.connecting, "--once", "--language", "fr")
    assert said.status == 0
    assert "Sessions de formation" in said.out
    assert "Tunisie" in said.out
    assert "détections, non prévalence" in said.out
    assert "mois non" in said.out
    assert "Erreur de méthode" in said.out


ASKED = (
    (("--table", "P1"), [P1.key]),
    (("--table", "p1"), [P1.key]),
    (("--table", "F9"), []),
    (("--country", "jor"), [F1.key, P1.key]),
    (("--country", "JOR", "--table", "F1"), [F1.key]),
)


def test_only_what_is_asked_for_is_printed(southmed: Southmed, scene: Scene) -> None:
    scene.publish(message(F1), message(P1))
    for options, told in ASKED:
        said = southmed("consume", *scene.connecting, "--once", "--format", "jsonl", *options)
        assert by_release(said.out) == told
        if "--country" in options:
            assert {row["REF_AREA"] for row in lines(said.out)} == {"JOR"}


@pytest.mark.parametrize("wrong", [("--country", "FRA"), ("--table", "TABLE"), ("--format", "xml")])
def test_what_cannot_be_is_wrong_usage(southmed: Southmed, wrong: tuple[str, str]) -> None:
    nowhere = ("--broker", "127.0.0.1:1", "--trust", "none.json")
    assert southmed("consume", *nowhere, "--once", *wrong).status == 2


def test_without_a_broker_it_says_what_to_do(southmed: Southmed, scene: Scene) -> None:
    trust = ("--trust", str(scene.trust))
    said = southmed("consume", "--broker", "127.0.0.1:1", *trust, "--once")
    assert said.status == 1
    assert said.told.startswith("ClusterUnreachable CLUSTER_UNREACHABLE")


def test_without_a_trust_document_nothing_is_read(southmed: Southmed, scene: Scene) -> None:
    scene.trust.unlink()
    said = southmed("consume", *scene.connecting, "--once")
    assert (said.status, said.out) == (1, "")
    assert "KEY_FILE_INVALID" in said.told


# --- Going on ------------------------------------------------------------------------------------


def test_a_state_lets_it_go_on_where_it_was(southmed: Southmed, scene: Scene) -> None:
    once = ("consume", *scene.connecting, "--once", "--format", "jsonl")
    kept = (*once, "--state", str(scene.state))
    scene.publish(message(F1))
    assert by_release(southmed(*kept).out) == [F1.key]
    assert southmed(*kept).out == ""
    scene.publish(message(F1), message(F2), message(withdrawn(F1)))
    assert by_release(southmed(*kept).out) == [F2.key, F1.key]
    scene.publish(message(F1))
    again = southmed(*kept)
    assert (again.status, again.out) == (1, "")
    assert "RELEASE_REVIVED" in again.told
    anew = lines(southmed(*kept, "--from-beginning").out)
    assert [row["RELEASE"] for row in anew] == [F2.key] * len(F2.observations) + [F1.key]
    assert anew[-1]["WITHDRAWN"] == "METHOD_ERROR"
    assert southmed(*kept, "--from-now").out == ""


def test_what_an_older_trust_document_did_not_know_is_read_again_with_a_newer_one(
    southmed: Southmed, scene: Scene
) -> None:
    kept = ("consume", *scene.connecting, "--once", "--format", "jsonl", "--state", scene.state)
    scene.publish(message(F1), message(F2, signer=OTHER_KEY), message(E1))
    first = southmed(*kept)
    assert (first.status, by_release(first.out)) == (1, [F1.key, E1.key])
    scene.trust.write_bytes(trusting(PLATFORM_KEY, OTHER_KEY).dump())
    second = southmed(*kept)
    assert (second.status, by_release(second.out)) == (0, [F2.key])
    assert southmed(*kept).out == ""


def test_a_state_of_another_log_is_noticed(southmed: Southmed, scene: Scene) -> None:
    scene.state.write_text('{"southmed_consume": 2, "next_offset": 7}')
    kept = ("consume", *scene.connecting, "--once", "--state", str(scene.state))
    said = southmed(*kept)
    assert said.status == 1
    assert "CONSUME_STATE_AHEAD" in said.told
    assert southmed(*kept, "--from-beginning").status == 0


# --- Following -----------------------------------------------------------------------------------


def test_a_follower_prints_what_comes_and_stops_when_asked(scene: Scene) -> None:
    scene.publish(message(F1))
    follower = scene.start("--format", "jsonl", "--state", str(scene.state))
    try:
        assert follower.stdout is not None
        for _ in F1.observations:
            assert json.loads(follower.stdout.readline())["RELEASE"] == F1.key
        scene.publish(message(E1), tampered(), message(withdrawn(F1)))
        for _ in E1.observations:
            assert json.loads(follower.stdout.readline())["RELEASE"] == E1.key
        assert json.loads(follower.stdout.readline())["WITHDRAWN"] == "METHOD_ERROR"
        _wait_for_offset(scene.state, 4)
        follower.send_signal(signal.SIGTERM)
        rest, told = follower.communicate(timeout=LIMIT)
    finally:
        follower.kill()
        follower.wait()
    assert rest == ""
    assert follower.returncode == 1
    assert "BAD_SIGNATURE" in told
    assert "3 releases (1 withdrawn), 1 messages refused" in told


def test_a_follower_from_now_on_prints_only_what_is_new(scene: Scene) -> None:
    scene.publish(message(F1))
    follower = scene.start("--format", "jsonl", "--from-now", "--state", str(scene.state))
    try:
        assert follower.stdout is not None
        _wait_for_offset(scene.state, 1)
        scene.publish(message(E1))
        assert json.loads(follower.stdout.readline())["RELEASE"] == E1.key
        _wait_for_offset(scene.state, 2)
        follower.send_signal(signal.SIGINT)
        follower.communicate(timeout=LIMIT)
    finally:
        follower.kill()
        follower.wait()
    assert follower.returncode == 0


def test_a_follower_outlives_a_broker_that_goes_away_and_comes_back(scene: Scene) -> None:
    follower = scene.start("--format", "jsonl", "--state", str(scene.state))
    try:
        assert follower.stdout is not None
        _wait_for_offset(scene.state, 0)
        scene.embedded.down()
        time.sleep(2)
        scene.embedded.up()
        scene.publish(message(E1))
        assert json.loads(follower.stdout.readline())["RELEASE"] == E1.key
        follower.send_signal(signal.SIGTERM)
        follower.communicate(timeout=LIMIT)
    finally:
        follower.kill()
        follower.wait()
    assert follower.returncode == 0


def test_a_reader_who_turns_away_ends_it_without_a_word(scene: Scene) -> None:
    """As in `southmed consume --format jsonl | head -1`."""
    scene.publish(*(message(release) for release in releases().values()))
    follower = scene.start("--format", "jsonl", "--once")
    try:
        assert follower.stdout is not None
        assert follower.stderr is not None
        assert follower.stdout.readline()
        follower.stdout.close()
        told = follower.stderr.read()
        assert follower.wait(timeout=LIMIT) == 1
    finally:
        follower.kill()
        follower.wait()
    assert told == ""


def _wait_for_offset(state: Path, offset: int) -> None:
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        if state.exists() and json.loads(state.read_text())["next_offset"] >= offset:
            return
        time.sleep(0.1)
    raise AssertionError(f"the follower did not come to offset {offset}")


# --- Exports -------------------------------------------------------------------------------------


def test_export_writes_what_stands_and_passes_over_what_does_not(
    southmed: Southmed, scene: Scene
) -> None:
    scene.publish(message(F1), tampered(), message(F2), message(E1), message(withdrawn(F2)))
    to = scene.folder / "new" / "out"
    formats = ("--format", "csv", "--format", "jsonl")
    said = southmed("release", "export", *scene.connecting, *formats, "--to", to, "--json")
    assert said.status == 3
    assert f"passed over {F2.key}: withdrawn (METHOD_ERROR)" in said.told
    assert said.json["refused"] == [{"offset": 1, "release": F1.key, "code": "BAD_SIGNATURE"}]
    stems = ("E1_2023_FINAL", "F1_2023_FINAL")
    ends = (".csv", ".jsonl", ".method.md")
    assert sorted(p.name for p in to.iterdir()) == [stem + end for stem in stems for end in ends]
    for entry in said.json["written"]:
        assert Path(entry["file"]).stat().st_size == entry["bytes"]
    told = lines((to / "F1_2023_FINAL.jsonl").read_text("utf-8"))
    assert [row["MEASUREMENT"] for row in told] == [o.MEASUREMENT for o in F1.observations]


def test_export_of_one_release_in_arabic(southmed: Southmed, scene: Scene) -> None:
    scene.publish(message(F1), message(E1))
    said = southmed(
        *("release", "export", "e1_2023_final", *scene.connecting),
        *("--language", "ar", "--to", scene.folder / "out"),
    )
    assert said.status == 0
    names = sorted(p.name for p in (scene.folder / "out").iterdir())
    assert names == ["E1_2023_FINAL.csv", "E1_2023_FINAL.method.md"]
    content = (scene.folder / "out" / "E1_2023_FINAL.csv").read_text("utf-8-sig")
    assert content.splitlines()[0].count(";") > 10
    assert "تونس" in content


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("F1|2023|FINAL", "RELEASE_WITHDRAWN"),
        ("F1/2023/FINAL", "RELEASE_WITHDRAWN"),
        ("F1_2019_FINAL", "NO_SUCH_RELEASE"),
    ],
)
def test_export_of_what_does_not_stand_is_an_error(
    southmed: Southmed, scene: Scene, key: str, code: str
) -> None:
    scene.publish(message(F1), message(withdrawn(F1)))
    out = scene.folder / "out"
    said = southmed("release", "export", key, *scene.connecting, "--to", out)
    assert said.status == 1
    assert code in said.told
    assert not out.exists()


def test_export_to_a_place_that_is_no_folder(southmed: Southmed, scene: Scene) -> None:
    scene.publish(message(E1))
    said = southmed("release", "export", *scene.connecting, "--to", scene.trust)
    assert said.status == 1
    assert "FOLDER_UNUSABLE" in said.told
