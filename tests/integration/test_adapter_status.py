"""``southmed adapter status``: how an outbox stands, and rows that are gone."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from country_adapters.kit.register import SHIPPED, load_register
from deploy.adapter import Adapter
from deploy.home import Site, init_site
from deploy.terminal import broker_at
from producers.outbox import Outbox
from producers.sealer import Sealer
from schemas.anonymity import TOP, window_of
from schemas.kafka import Broker
from tests.integration.shell import Southmed
from tests.unit.small_register import GOOD, HEADER, declare

# --- adapter status ------------------------------------------------------------------------------


def test_adapter_status_makes_no_outbox_where_there_is_none(southmed: Southmed, site: Site) -> None:
    said = southmed("adapter", "status", "tunisia", "--site", site.root, "--json")
    assert said.status == 1
    assert "OUTBOX_MISSING" in said.err
    assert not [*site.root.rglob("outbox.sqlite")]


def test_every_shipped_register_has_a_status(southmed: Southmed, site: Site) -> None:
    for register in ("tunisia", "morocco", "jordan", "lebanon"):
        opened = southmed("adapter", "open-epoch", register, "--site", site.root)
        assert opened.status == 0
        assert "stream 3 is in epoch 1" in opened.out
        said = southmed("adapter", "status", register, "--site", site.root, "--json")
        assert said.status == 0
        assert {value for value in said.json.values() if isinstance(value, int)} == {0}


# --- Rows that are gone --------------------------------------------------------------------------


@pytest.fixture
def cut(site: Site, tmp_path: Path) -> Path:
    """The folder of a register that was read, and whose file was then cut to a few lines."""
    data = tmp_path / "data"
    shutil.copytree(SHIPPED / "jordan" / "fixtures", data)
    Adapter(site, load_register("jordan", data), broker_at("")).read_once()
    file = data / "register.csv"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:50]))
    return data


def test_a_register_that_was_cut_withdraws_nothing_until_the_number_is_confirmed(
    southmed: Southmed, site: Site, cut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.commands.adapter.GIVE_UP_SECONDS", 0.5)
    run = [
        "adapter",
        "run",
        "jordan",
        "--data",
        cut,
        "--site",
        site.root,
        "--broker",
        "127.0.0.1:1",
    ]
    status = ["adapter", "status", "jordan", "--site", site.root, "--json"]
    said = southmed(*run)
    assert said.status == 1
    assert "ROWS_GONE" in said.told
    stands = southmed(*status)
    assert stands.status == 1
    missing = stands.json["rows_missing"]
    assert f"{missing} of them missing" in said.told
    assert stands.json["rows_gone"] == 0
    assert "ROWS_GONE" not in southmed(*run, "--rows-gone", str(missing)).told
    stands = southmed(*status)
    assert (stands.json["rows_missing"], stands.json["rows_gone"]) == (0, missing)


def test_a_register_that_is_followed_is_left_alone_while_too_many_rows_are_missing(
    site: Site, cut: Path
) -> None:
    adapter = Adapter(site, load_register("jordan", cut), broker_at(""))
    assert adapter.look() is None
    shutil.copy(SHIPPED / "jordan" / "fixtures" / "register.csv", cut)
    report = adapter.look()
    assert report is not None
    assert (report.events.new, report.events.withdrawn) == (0, 0)


# --- status --------------------------------------------------------------------------------------


def test_status_tells_how_long_batches_wait_and_what_is_missing_before_the_last_receipt(
    southmed: Southmed, tmp_path: Path
) -> None:
    site = init_site(tmp_path / "site", {"tn.test": "TUN"}, scheme="x25519")
    folder = declare(tmp_path)
    trust, key = site.trust(), site.signing_key("tn.test")
    then = (time.time_ns() - 3600 * 10**9) // 10**6
    sealer = Sealer(key, trust, now=lambda: then, random=os.urandom)
    path = site.authority("tn.test") / "outbox.sqlite"
    outbox = Outbox(path, authority="tn.test", streams=4, id_key=bytes(32))
    for _ in range(3):
        outbox.seal_next(1, sealer, even_empty=True)
    outbox.accept(1, 1, 2, [])
    outbox.close()
    said = southmed("adapter", "status", folder, "--site", site.root, "--json")
    assert said.status == 0
    assert said.json["streams"][1] == {
        "stream": 1,
        "epoch": 1,
        "next": [1, 4],
        "last_receipted": [1, 2],
        "gaps": 1,
        "replay_from": [1, 3],
    }
    assert said.json["streams"][0]["last_receipted"] is None
    assert 3600 <= said.json["oldest_waits_seconds"] < 3700
    told = southmed("adapter", "status", folder, "--site", site.root)
    assert "the oldest batch without a receipt waits for 36" in told.out


def test_status_exits_with_3_where_rows_stay_home(southmed: Southmed, tmp_path: Path) -> None:
    site = init_site(tmp_path / "site", {"tn.test": "TUN"}, scheme="x25519")
    folder = declare(tmp_path)
    (folder / "r.csv").write_text(f"{HEADER}\n{GOOD.replace('01/02', '31/02')}", encoding="utf-8")
    Adapter(site, load_register(folder, folder), Broker("127.0.0.1:1")).read_once()
    said = southmed("adapter", "status", folder, "--site", site.root, "--json")
    assert (said.status, said.json["rows_rejected"]) == (3, 1)


def test_status_tells_how_quarters_are_told_and_what_waits(
    southmed: Southmed, tmp_path: Path
) -> None:
    site = init_site(tmp_path / "site", {"tn.test": "TUN"}, scheme="x25519")
    folder = declare(tmp_path)
    today = datetime.now(UTC).date()
    late = GOOD.replace("03/04/2020", f"{today:%d/%m/%Y}")
    (folder / "r.csv").write_text(f"{HEADER}\n{late}\n", encoding="utf-8")
    Adapter(site, load_register(folder, folder), Broker("127.0.0.1:1")).read_once()
    said = southmed("adapter", "status", folder, "--site", site.root, "--json")
    assert (said.status, said.json["events"], said.json["facts_waiting"]) == (0, 2, 1)
    old, present = said.json["quarters"]
    assert (old["window"], old["published"], old["waiting"]) == ("2020-Q1", 2, 0)
    assert old["node"] == TOP._asdict()
    assert (present["node"], present["published"], present["waiting"]) == (None, 0, 1)
    assert present["since"] > present["window"] == window_of(f"{today:%Y-%m}")
    told = southmed("adapter", "status", folder, "--site", site.root)
    assert "not decided" in told.out
