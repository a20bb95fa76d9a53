"""What a finding resembles, and in which words."""

from __future__ import annotations

import pytest

from processors.alerts.detect import process
from processors.alerts.facts import CaseProfile, Sighting
from processors.alerts.typology import OF_HUBS, REVIEWED, TYPOLOGIES, label, labels
from tests.unit.detection import NOW, profile, sight


def of(seen: list[Sighting], *codes: str) -> tuple[str, ...]:
    """What D1 finds resembles, if every case has these codes."""
    known = {s.holder: CaseProfile(*s.holder, s.month, frozenset(codes)) for s in seen}
    (finding,) = process(seen, known.values() if codes else (), NOW).shared
    return finding.typologies


def pair(*countries: str, kind: str = "PHONE", apart: int = 6, role: str = "_U") -> list[Sighting]:
    return [
        sight(f"{country}/{n}", "a", kind=kind, role=role, month=NOW - apart * n)
        for n, country in enumerate(countries)
    ]


@pytest.mark.parametrize(
    ("seen", "codes", "resembles"),
    [
        (pair("JOR", "LBN", kind="AGENCYREG"), ("FORM:LAB_DOM",), ("KAFALA_AGENCY",)),
        (pair("JOR", "LBN", kind="AGENCYREG"), ("FORM:LAB_CON",), ()),
        (pair("JOR", "LBN", kind="PHONE"), ("FORM:LAB_DOM",), ()),
        (pair("TUN", "MAR", kind="AGENCYREG"), ("FORM:LAB_DOM",), ()),
        (pair("JOR", "LBN", kind="AGENCYREG"), (), ()),
        (pair("TUN", "LBN", kind="HANDLE"), ("CHANNEL:JOBAD",), ("JOB_OFFER",)),
        (pair("TUN", "LBN", kind="PHONE"), ("CHANNEL:SOCIAL",), ("JOB_OFFER",)),
        (pair("TUN", "LBN", kind="PLATE"), ("CHANNEL:SOCIAL",), ()),
        (pair("TUN", "MAR", kind="PHONE"), ("CHANNEL:SOCIAL",), ()),
        (pair("TUN", "LBN", kind="PLATE", apart=3), ("FORM:SEX",), ("ROTATION",)),
        (pair("TUN", "LBN", kind="PLATE", apart=4), ("FORM:SEX",), ()),
        (pair("TUN", "LBN", kind="PLATE", apart=3), ("MEANS:DOCS",), ()),
        (pair("TUN", "LBN", role="RECRUIT"), (), ()),
        ([*pair("TUN", role="RECRUIT"), *pair("LBN", role="EXPLOIT")], (), ("ROLE_SPLIT",)),
        ([*pair("TUN", role="RECRUIT"), *pair("LBN", role="_U")], (), ()),
    ],
)
def test_a_finding_resembles(
    seen: list[Sighting], codes: tuple[str, ...], resembles: tuple[str, ...]
) -> None:
    assert of(seen, *codes) == resembles


def test_one_case_that_is_known_is_no_constancy() -> None:
    seen = pair("TUN", "LBN", kind="PLATE", apart=1)
    (finding,) = process(seen, [profile("TUN/0", "FORM:SEX")], NOW).shared
    assert finding.typologies == ()


def test_every_typology_has_a_label_in_every_language_and_no_label_is_left_over() -> None:
    assert set(labels()) == {*TYPOLOGIES, *OF_HUBS}
    for words in labels().values():
        assert set(words) == {"en", "fr", "ar"}
        assert all(words.values())
    assert label("SHARED_LINE") == "Line or account shared by several groups"


def test_only_english_was_read_by_somebody_of_the_field() -> None:
    assert {"en"} == REVIEWED
