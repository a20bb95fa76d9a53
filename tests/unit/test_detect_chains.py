"""D5: chains of recruitment, transit and exploitation."""

from __future__ import annotations

import pytest

from processors.alerts.chains import STAGES, discoveries
from processors.alerts.detect import process
from processors.alerts.facts import Finding, Sighting
from schemas.codelists import codelist
from tests.unit.detection import NOW, sight

Step = tuple[str, str, int]
PASSAGE: tuple[Step, ...] = (("TUN", "RECRUIT", 0), ("JOR", "TRANSP", 1), ("LBN", "EXPLOIT", 2))


def passages(*steps: Step, times: int = 4, every: int = 3, name: str = "a") -> list[Sighting]:
    return [
        sight(f"{country}/{name}{t}{role}", name, month=NOW - 12 + every * t + after, role=role)
        for t in range(times)
        for country, role, after in steps
    ]


def chains(seen: list[Sighting]) -> tuple[Finding, ...]:
    return process(seen, (), NOW).chains


@pytest.mark.parametrize(
    ("what", "steps", "is_found"),
    [
        ("in order, over two borders", PASSAGE, True),
        ("by an agency", (("TUN", "BROKER", 0), *PASSAGE[1:]), True),
        (
            "transit in the country of recruitment",
            (PASSAGE[0], ("TUN", "TRANSP", 0), PASSAGE[2]),
            True,
        ),
        ("no exploitation", PASSAGE[:2], False),
        ("no transit", (PASSAGE[0], PASSAGE[2]), False),
        ("all in one country", (*(("TUN", r, m) for _, r, m in PASSAGE),), False),
        ("one role everywhere", (*((c, "RECRUIT", m) for c, _, m in PASSAGE),), False),
        ("roles of no stage", (*((c, "FINANCE", m) for c, _, m in PASSAGE),), False),
        ("all in one month", (*((c, r, 0) for c, r, _ in PASSAGE),), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_chain_is_found(what: str, steps: tuple[Step, ...], is_found: bool) -> None:
    times, every = (4, 3) if len({after for *_, after in steps}) > 1 else (1, 3)
    assert bool(chains(passages(*steps, times=times, every=every))) is is_found, what


@pytest.mark.parametrize(("months", "is_found"), [(6, True), (7, False)])
def test_a_passage_takes_half_a_year_at_most(months: int, is_found: bool) -> None:
    slow = (PASSAGE[0], PASSAGE[1], ("LBN", "EXPLOIT", months))
    seen = [s for n in range(3) for s in passages(*slow, times=1, name=f"a{n}")]
    together = [sight(f"{s.country}/{s.case.hex()}", "a", month=s.month, role=s.role) for s in seen]
    assert bool(chains(together)) is is_found


def test_the_order_of_the_roles_makes_the_chain() -> None:
    backwards = tuple((c, r, 2 - after) for c, r, after in PASSAGE)
    assert chains(passages(*PASSAGE, times=1 + 1, every=9))
    assert not chains(passages(*backwards, times=1 + 1, every=9))


def test_a_finding_counts_its_chains() -> None:
    (finding,) = chains(passages(*PASSAGE, times=2, every=9))
    assert finding.level == 2
    assert finding.countries == ("JOR", "LBN", "TUN")
    assert finding.roles == ("EXPLOIT", "RECRUIT", "TRANSP")
    assert "ROLE_SPLIT" in finding.typologies


def test_a_group_that_shares_the_work_is_found_by_its_order() -> None:
    """Three telephones, each of one role; a second identifier ties them in every passage."""
    seen = [
        sight(f"{country}/{t}", name, month=NOW - 12 + 3 * t + after, role=role, kind=kind)
        for t in range(4)
        for country, role, after in PASSAGE
        for name, kind in ((f"telephone of {role}", "PHONE"), (f"account {t}", "IBAN"))
    ]
    found = chains([s for s in seen if s.link_type == "PHONE" or s.role != "EXPLOIT"] + seen[-1:])
    assert any(len(finding.tokens) > 1 for finding in chains(seen))
    assert all(finding.detector == "D5" for finding in found)


def test_a_person_of_many_roles_in_no_order_makes_no_chain() -> None:
    """Every role in every country, evenly: chains come about, but not more than by chance."""
    seen = [
        sight(f"{country}/{month}", "a", month=month, role=roles[(month + shift) % 3])
        for roles in [("RECRUIT", "TRANSP", "EXPLOIT")]
        for shift, country in enumerate(("TUN", "LBN"))
        for month in range(NOW - 11, NOW + 1)
    ]
    assert not chains(seen)


def test_every_role_has_a_stage_or_is_known_to_have_none() -> None:
    assert set(codelist("CL_ROLE").codes) - set(STAGES) == {"FINANCE", "OFFICIAL", "_U"}


@pytest.mark.parametrize(
    ("chances", "kept"),
    [
        ([], []),
        ([0.04], [True]),
        ([0.06], [False]),
        ([0.03, 0.04], [True, True]),  # 0.04 <= 2 * 0.05 / 2 takes the smaller one along.
        ([0.03, 0.9], [False, False]),  # 0.03 > 0.05 / 2
        ([0.02, 0.9], [True, False]),
    ],
)
def test_few_of_what_is_believed_is_false(chances: list[float], kept: list[bool]) -> None:
    assert discoveries(chances, 0.05) == kept
