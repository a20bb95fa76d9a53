"""``southmed linkage`` as a trustee meets it: keys, ceremonies, and what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from deploy.home import Site, init_site
from deploy.trustee import Place
from processors.linkage.quota import BURST
from schemas.trust import Holder
from tests.integration.shell import Southmed, southmed
from tests.unit.trustees import TRUSTEE, TUNISIA, YEAR

__all__ = ["southmed"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return init_site(tmp_path / "site", {TUNISIA: "TUN"})


def secrets_of(site: Site) -> list[str]:
    """Every private scalar and key that lies in the holders' folders."""
    files = (site.root / "trustees").rglob("*.key")
    return [json.loads(path.read_text())["secret"] for path in files]


def test_a_key_is_made_split_and_renewed_and_nothing_private_is_said(
    site: Site, southmed: Southmed
) -> None:
    at = ("--site", site.root, "--epoch", YEAR)
    told, secrets = "", list[str]()
    made = southmed("linkage", "init", *at, "--json").json
    public = made["public"]
    assert made["holder"] == TRUSTEE
    for step in (("status", "--site", site.root), ("split", *at), ("refresh", *at)):
        secrets += secrets_of(site)
        said = southmed("linkage", *step)
        assert said.status == 0
        told += said.out + said.err
    last = southmed("linkage", "refresh", *at, "--json")
    assert last.json["public"] == public
    assert [share["index"] for share in last.json["shares"]] == [1, 2, 3]
    for holder in get_args(Holder):
        status = southmed("linkage", "status", "--site", site.root, "--holder", holder, "--json")
        assert status.json["sound"] is True
        assert [one["left"] for one in status.json["authorities"]] == [BURST]
        told += status.out
    assert len(set(secrets)) >= 4
    assert not [secret for secret in secrets if secret in told + last.out]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("init", "--epoch", YEAR), 1, "LINKAGE_KEY_MADE"),
        (("init", "--epoch", "26"), 2, "a year, such as 2026"),
        (("init", "--holder", "trustee.elsewhere"), 2, "trustee.national"),
        (("split", "--epoch", "2031"), 1, "LINKAGE_KEY_MISSING"),
        (("refresh", "--epoch", YEAR), 1, "LINKAGE_KEY_MISSING"),
        (("log",), 1, "BOOK_MISSING"),
        (("status", "--holder", "trustee.coe"), 1, "LINKAGE_KEY_MISSING"),
        (("serve", "--broker", "kafka.example:9092"), 1, "TLS_REQUIRED"),
    ],
)
def test_what_cannot_be_done_is_said(
    site: Site, southmed: Southmed, arguments: tuple[str, ...], status: int, said: str
) -> None:
    assert southmed("linkage", "init", "--site", site.root, "--epoch", YEAR).status == 0
    answer = southmed("linkage", *arguments, "--site", site.root)
    assert (answer.status, said in answer.told + answer.err) == (status, True)


def test_a_year_without_its_key_makes_the_status_fail(site: Site, southmed: Southmed) -> None:
    southmed("linkage", "init", "--site", site.root, "--epoch", YEAR)
    Place(site, "trustee.linkage").key_file(YEAR).unlink()
    told = southmed("linkage", "status", "--site", site.root, "--json")
    assert told.status == 1
    assert told.json["keys"] == [
        {"epoch": YEAR, "part": "nothing", "named": True, "announced": False}
    ]
