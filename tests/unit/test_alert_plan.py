"""Alerts as they are planned: told once, to whom they concern, and closed when they should be."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.alerts.detect import process
from processors.alerts.words import LANGUAGES, of_months
from schemas.alerts import ANALYSTS, CLOSED, CONTACTS, AnalystAlert, ContactAlert
from schemas.codelists import Language
from tests.unit.alerting import Platform
from tests.unit.detection import NOW, sight, sightings
from tests.unit.test_detect_always import profiles

HIT = [sight("TUN/1", "phone"), sight("LBN/1", "phone")]
THREE = [*HIT, sight("TUN/2", "phone")]


def told(country: str = "TUN", *, seen=HIT) -> tuple[Platform, ContactAlert]:
    platform = Platform()
    platform.tell(seen)
    alert = platform.only(country)
    assert isinstance(alert, ContactAlert)
    return platform, alert


# --- Who is told what ----------------------------------------------------------------------------


def test_a_contact_point_learns_its_cases_the_counterpart_the_kind_and_the_months() -> None:
    _, alert = told(seen=[sight("TUN/1", "phone", month=NOW - 3), HIT[1]])
    about = alert.about
    assert about is not None
    assert [case.case for case in about.cases] == [HIT[0].case.hex()]
    assert [(c.country, c.backed) for c in about.counterparts] == [("LBN", True)]
    assert about.link_types == ["PHONE"]
    assert (about.months.first, about.months.last) == ("2026-04", "2026-07")
    assert alert.backed
    assert "Lebanon" in about.words.en
    assert "Liban" in about.words.fr
    assert "لبنان" in about.words.ar


def test_a_country_that_is_not_concerned_is_told_nothing() -> None:
    platform, _ = told()
    assert platform.of("MAR") == platform.of("JOR") == []


@pytest.mark.parametrize(
    ("seen", "analysts"),
    [
        (HIT, 0),
        (THREE, 1),
        ([replace(THREE[0], backed=False), *THREE[1:]], 0),
        ([*THREE, sight("MAR/1", "phone", backed=False)], 1),
    ],
    ids=["two cases", "three cases", "three cases, one unbacked", "an unbacked one more"],
)
def test_analysts_are_told_of_three_backed_cases_of_two_authorities(seen, analysts) -> None:
    platform = Platform()
    platform.tell(seen)
    found = [a for a in platform.of("analysts") if a.evidence and a.evidence.detector == "D1"]
    assert len(found) == analysts


def test_what_is_unbacked_counts_nowhere_in_what_analysts_are_told() -> None:
    platform, other = Platform(), Platform()
    platform.tell([*THREE, sight("MAR/1", "phone", backed=False, month=NOW + 0)])
    other.tell(THREE)
    one, two = platform.only("analysts"), other.only("analysts")
    assert isinstance(one, AnalystAlert)
    assert one.about == two.evidence
    assert one.about.countries == ["LBN", "TUN"]


def test_bands_of_sizes() -> None:
    sizes = []
    for cases in (3, 4, 9, 10):
        platform = Platform()
        platform.tell([sight(f"{'TUN' if n % 2 else 'LBN'}/{n}", "phone") for n in range(cases)])
        sizes.append(platform.only("analysts").evidence.size)
    assert sizes == ["2-3", "4-9", "4-9", "10+"]


@settings(max_examples=60, deadline=None)
@given(sightings, profiles)
def test_no_alert_tells_of_a_foreign_case_and_none_to_analysts_of_any(seen, known) -> None:
    platform = Platform()
    platform.tell(seen, known)
    for channel, alerts in platform.out.items():
        foreign = {s.case.hex() for s in seen if s.country != channel.country}
        foreign |= {p.case.hex() for p in known if p.country != channel.country}
        foreign -= {s.case.hex() for s in seen if s.country == channel.country}
        secret = foreign | {token.hex() for s in seen for token in s.tokens}
        secret |= {s.fact.hex() for s in seen}
        for alert in alerts.values():
            text = alert.dump().decode()
            assert not [word for word in secret if word in text]


@settings(max_examples=60, deadline=None)
@given(sightings, profiles)
def test_analysts_are_never_told_below_the_thresholds(seen, known) -> None:
    platform = Platform()
    platform.tell(seen, known)
    found = {f.detector: f for f in process(seen, known, NOW)}
    backed = {s.holder for s in seen if s.backed} | {p.holder for p in known}
    for alert in platform.of("analysts"):
        about = alert.evidence
        assert about.detector in found
        here = {case for case in backed if case.country in about.countries}
        assert len(here) >= 3
        assert len({case.authority for case in here}) >= 2
        assert set(about.model_fields_set) == {
            *("detector", "countries", "size", "quarter", "resembles", "lead", "words")
        }


def test_the_size_of_a_message_does_not_tell_how_much_it_rests_on() -> None:
    bases = set()
    for cases in (3, 40, 90):
        seen = [
            sight(f"{'TUN' if n % 2 else 'LBN'}/{n % 20}", "p", fact=f"{n}") for n in range(cases)
        ]
        platform = Platform()
        platform.tell(seen)
        bases.add(len(platform.only("TUN").basis))
    assert len(bases) == 1


# --- Once, whatever the order --------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(sightings, profiles)
def test_planning_again_writes_nothing(seen, known) -> None:
    platform = Platform()
    platform.tell(seen, known)
    assert platform.plan(seen, known).alerts == ()


@settings(max_examples=60, deadline=None)
@given(sightings, profiles, st.randoms(use_true_random=False))
def test_the_order_of_what_is_found_does_not_matter(seen, known, random) -> None:
    mixed, others = list(seen), list(known)
    random.shuffle(mixed)
    random.shuffle(others)
    findings = list(process(seen, known, NOW))
    random.shuffle(findings)
    assert Platform().plan(mixed, others, findings=findings) == Platform().plan(seen, known)


@settings(max_examples=60, deadline=None)
@given(st.lists(sightings, min_size=2, max_size=4), st.data())
def test_whatever_comes_and_goes_every_finding_is_told_by_exactly_one_open_alert(
    worlds, data
) -> None:
    """Also when a plan was written in part only, as by a process that was killed."""
    platform = Platform()
    for seen in worlds:
        made = platform.plan(seen)
        part = data.draw(st.integers(0, len(made.alerts)))
        platform.write(replace(made, alerts=made.alerts[:part]))
        platform.tell(seen)
        assert platform.plan(seen).alerts == ()
        findings = list(process(seen, [], NOW))
        held = {(h.detector, h.matter) for h in platform.plan(seen).held}
        for country, channel in CONTACTS.items():
            due = [f for f in findings if country in f.countries and f.detector != "D6"]
            live = [a for a in platform.out[channel].values() if a.state not in CLOSED]
            assert len(due) - len(held) <= len(live) <= len(due)


# --- The life of an alert ------------------------------------------------------------------------


def test_withdrawn_evidence_retracts_what_it_told_and_takes_its_words_away() -> None:
    platform, alert = told()
    platform.tell(HIT[:1])
    gone = platform.out[CONTACTS["TUN"]][alert.id]
    assert (gone.state, gone.history[-1].reason) == ("RETRACTED", "EVIDENCE_WITHDRAWN")
    assert gone.evidence is None
    assert HIT[0].case.hex() not in gone.dump().decode()
    assert platform.states("LBN") == ["RETRACTED"]


def test_evidence_that_stands_again_raises_the_same_alert_again() -> None:
    platform, alert = told()
    platform.tell(HIT[:1])
    platform.tell(HIT)
    again = platform.only("TUN")
    assert (again.id, again.revision, again.state) == (alert.id, 3, "NEW")
    assert again.history[-1].reason == "FOUND_AGAIN"


def test_evidence_that_grew_old_lets_an_alert_expire() -> None:
    platform, _ = told()
    platform.tell(HIT, month=NOW + 23)
    assert platform.states("TUN") == ["NEW"]
    platform.tell(HIT, month=NOW + 24)
    (alert,) = platform.of("TUN")
    assert (alert.state, alert.history[-1].reason) == ("EXPIRED", "TOO_OLD")


def test_a_line_that_turns_out_to_be_a_hub_is_no_longer_told() -> None:
    platform, _ = told()
    hub = [sight(f"{c}/{n}", "phone") for c in ("TUN", "LBN") for n in range(2, 20)]
    platform.tell([*HIT, *hub])
    (alert,) = platform.of("TUN")
    assert (alert.state, alert.history[-1].reason) == ("RETRACTED", "NO_LONGER_FOUND")


def test_the_token_of_a_new_year_goes_on_with_the_alert_of_the_old_one() -> None:
    """In two years no token is left of those with which it began; the facts are the same."""
    platform, alert = told()
    for year in range(1, 4):
        names = (f"phone of {year}", f"phone of {year - 1}" if year > 1 else "phone")
        anew = [replace(s, tokens=sight("TUN/1", *names).tokens) for s in HIT]
        platform.tell(anew)
    assert platform.only("TUN").id == alert.id
    assert platform.states("TUN") == ["NEW"]


def test_components_that_grow_together_are_one_alert_from_then_on() -> None:
    left = [sight("TUN/1", "a"), sight("LBN/1", "a"), sight("TUN/2", "a")]
    right = [sight("TUN/5", "b"), sight("LBN/5", "b"), sight("TUN/6", "b")]
    bridge = sight("TUN/1", "b")
    platform = Platform()
    platform.tell([*left, *right])
    first, second = (a for a in platform.of("TUN") if a.evidence.detector == "D2")
    platform.answer(CONTACTS["TUN"], second, "CONFIRMED", "SAME_NETWORK")
    platform.tell([*left, *right, bridge])
    goes_on, merged = (platform.out[CONTACTS["TUN"]][a.id] for a in (second, first))
    assert (goes_on.state, merged.state, merged.into) == ("CONFIRMED", "MERGED", second.id)
    assert len(goes_on.evidence.cases) == 4
    platform.tell([*left, *right])
    assert platform.plan([*left, *right]).alerts == ()


def test_a_component_that_falls_apart_keeps_its_alert_and_gets_another() -> None:
    left = [sight("TUN/1", "a"), sight("LBN/1", "a"), sight("TUN/2", "a"), sight("TUN/3", "a")]
    right = [sight("TUN/5", "b"), sight("LBN/5", "b"), sight("TUN/6", "b")]
    bridge = sight("TUN/1", "b")
    platform = Platform()
    platform.tell([*left, *right, bridge])
    whole = platform.only("TUN", "D2")
    platform.tell([*left, *right])
    parts = [a for a in platform.of("TUN") if a.evidence and a.evidence.detector == "D2"]
    assert len(parts) == 2
    assert whole.id in {a.id for a in parts}


# --- Readers' answers ----------------------------------------------------------------------------


def test_answers_are_steps_of_the_alert_and_heard_once() -> None:
    platform, alert = told()
    channel = CONTACTS["TUN"]
    platform.answer(channel, alert, "SEEN")
    platform.tell(HIT)
    platform.answer(channel, alert, "CONFIRMED", "JOINT_CASE")
    platform.tell(HIT)
    assert platform.plan(HIT).alerts == ()
    steps = [(s.state, s.by, s.reason) for s in platform.only("TUN").history]
    assert steps == [
        ("NEW", "PLATFORM", "FOUND"),
        ("SEEN", "CONTACT", None),
        ("CONFIRMED", "CONTACT", "JOINT_CASE"),
    ]
    assert platform.states("LBN") == ["NEW"], "what one country answers is no other's"


def test_what_was_judged_does_not_become_merely_seen() -> None:
    platform, alert = told()
    platform.answer(CONTACTS["TUN"], alert, "CONFIRMED", "JOINT_CASE")
    platform.tell(HIT)
    platform.answer(CONTACTS["TUN"], alert, "SEEN")
    assert platform.plan(HIT).alerts == ()


MORE = {
    "one case more of four": ([sight("TUN/3", "phone")], "DISMISSED"),
    "twice as many cases": ([sight(f"TUN/{n}", "phone") for n in (3, 4, 5)], "NEW"),
    "a country more": ([sight("MAR/1", "phone")], "NEW"),
}


@pytest.mark.parametrize("more", MORE)
def test_what_was_dismissed_is_raised_again_by_markedly_more_only(more: str) -> None:
    platform, alert = told(seen=THREE)
    platform.answer(CONTACTS["TUN"], alert, "DISMISSED", "COINCIDENCE")
    platform.tell(THREE)
    assert platform.only("TUN").state == "DISMISSED"
    added, state = MORE[more]
    platform.tell([*THREE, *added])
    assert platform.only("TUN").state == state
    assert platform.plan([*THREE, *added]).alerts == ()


def test_small_steps_add_up_to_markedly_more() -> None:
    platform, alert = told(seen=THREE)
    platform.answer(CONTACTS["TUN"], alert, "DISMISSED", "COINCIDENCE")
    platform.tell(THREE)
    states, seen = [], list(THREE)
    for number in (3, 4, 5):
        seen.append(sight(f"TUN/{number}", "phone"))
        platform.tell(seen)
        states.append(platform.only("TUN").state)
    assert states == ["DISMISSED", "DISMISSED", "NEW"]


def test_an_answer_to_an_earlier_raising_says_nothing_of_this_one() -> None:
    platform, alert = told(seen=THREE)
    platform.answer(CONTACTS["TUN"], alert, "DISMISSED", "COINCIDENCE")
    platform.tell(THREE)
    more = [*THREE, sight("MAR/1", "phone")]
    platform.tell(more)
    assert platform.only("TUN").state == "NEW"
    assert platform.plan(more).alerts == ()


def test_ids_of_two_audiences_never_meet() -> None:
    platform = Platform()
    platform.tell(THREE)
    ids = [set(platform.out[c]) for c in (CONTACTS["TUN"], CONTACTS["LBN"], ANALYSTS)]
    assert len(set.union(*ids)) == sum(map(len, ids)) > 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("last", ["2026-07", "2026-09"])
def test_evidence_of_one_month_names_it_once_and_of_several_the_first_and_the_last(
    language: Language, last: str
) -> None:
    told = of_months("2026-07", last)[language]
    assert re.findall(r"2026-[0-9]{2}", told) == sorted({"2026-07", last})
