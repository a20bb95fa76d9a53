"""``southmed intake anonymity`` and the doctor, over real ledgers on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.doctor.examine import Question, examine
from deploy.home import Site, init_site
from processors.intake.ledger import Ledger
from schemas.anonymity import Attestation
from schemas.trust import Anonymity
from tests.samples import TUNISIA, Fields
from tests.told import attested
from tests.unit.test_count_anonymity import NODE, hidden, persons
from tests.unit.test_fold import following
from tests.world import NOW, Platform, World, a_world

NINE = [*persons(5), *persons(4, form="SEX"), *hidden(2)]
SOUND = attested(NODE, k=9, suppressed=5)
COARSER = attested(NODE._replace(sex=1), k=9)


def world_of(site: Site) -> World:
    """The parties of a site."""
    (opener,) = site.opening_keys()
    tunisia = site.signing_key(TUNISIA)
    return World(tunisia, a_world().morocco, site.receipt_key(), opener, site.trust())


def a_site(root: Path, *batches: tuple[list[Fields], Attestation]) -> Site:
    """A site whose only worker has folded batches of the Tunisian authority."""
    site = init_site(root, {TUNISIA: "TUN"}, scheme="x25519", anonymity=Anonymity(k=5, l=2))
    world = world_of(site)
    platform, last = Platform(world), None
    for number, (events, said) in enumerate(batches, 1):
        at = {"world": world, "sequence": number, "produced_at": NOW + number}
        last = following(last, *events, anonymity=[said], **at)
        outcome = platform.take(last.message)
        assert outcome.receipt is not None
        assert outcome.receipt.entries[0].refused == ()
    ledger = Ledger(site.ledgers / "worker-1" / "TUN-0")
    ledger.commit(dict(platform.records))
    ledger.close()
    return site


def asked(site: Site, *options: str) -> tuple[int, str]:
    env = {"COLUMNS": "160"}
    done = CliRunner().invoke(
        app, ["intake", "anonymity", "--site", str(site.root), *options], env=env
    )
    return done.exit_code, done.stdout


def of_json(site: Site) -> tuple[int, dict[str, Any]]:
    status, told = asked(site, "--json")
    return status, json.loads(told)


def test_a_quarter_as_attested(tmp_path: Path) -> None:
    site = a_site(tmp_path, (NINE, SOUND))
    assert of_json(site) == (
        0,
        {
            "as_attested": True,
            "quarters": [
                {
                    "authority": TUNISIA,
                    "window": "2023-Q2",
                    "agreed": {"k": 5, "l": 2},
                    "attested": SOUND.as_fields(),
                    "counted": {"k": 9, "l": 2, "suppressed": 2, "hidden": False},
                    "verdicts": [],
                }
            ],
        },
    )
    status, told = asked(site)
    assert status == 0
    row = next(line for line in told.splitlines() if TUNISIA in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == [
        *(TUNISIA, "2023-Q2", "sex, age bands, quarter"),
        *("9/2", "9/2", "2", "as attested"),
    ]


WRONG: list[tuple[str, list[tuple[list[Fields], Attestation]], str, str]] = [
    ("attested too much", [(NINE, replace(SOUND, k=12))], "smaller than attested", "warn"),
    ("too few", [(persons(4) + persons(3, "M", "SEX"), attested(NODE, k=3))],
        "less than agreed", "fail"),
    ("finer by now", [([], COARSER), (NINE, SOUND)], "finer than before", "warn"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("batches", "verdict", "state"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_what_is_not_as_attested_ends_with_1_and_the_doctor_tells(
    tmp_path: Path, batches: list[tuple[list[Fields], Attestation]], verdict: str, state: str
) -> None:
    site = a_site(tmp_path, *batches)
    status, told = of_json(site)
    assert (status, told["as_attested"]) == (1, False)
    assert verdict in told["quarters"][0]["verdicts"]
    assert asked(site)[0] == 1
    question = Question(site.root, "", None, lambda: NOW / 1000)
    (found,) = [f for f in examine(question) if f.check == "anonymity"]
    assert (found.state, found.subject) == (state, "tn.inltp 2023-Q2")
    assert verdict in found.what


def test_where_nobody_agreed_there_is_nothing_to_tell(tmp_path: Path) -> None:
    site = init_site(tmp_path, {TUNISIA: "TUN"}, scheme="x25519", anonymity=None)
    Ledger(site.ledgers / "worker-1" / "TUN-0").close()
    assert asked(site)[0] == 0
    assert of_json(site) == (0, {"as_attested": True, "quarters": []})


def test_without_ledgers_it_says_so(tmp_path: Path) -> None:
    site = init_site(tmp_path, {TUNISIA: "TUN"}, scheme="x25519", anonymity=None)
    assert asked(site)[0] == 1


@pytest.mark.parametrize("agreed", [None, Anonymity(k=7, l=3)])
def test_a_site_is_made_with_what_its_authorities_agreed(
    tmp_path: Path, agreed: Anonymity | None
) -> None:
    site = init_site(tmp_path, {TUNISIA: "TUN", "ma.cnclt": "MAR"}, anonymity=agreed)
    assert [authority.anonymity for authority in site.trust().authorities] == [agreed] * 2
