"""The platform holds every batch to what it attests, where its authority has agreed to be held."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.intake.attested import ATTESTED, Kept, by_quarter
from processors.intake.fold import Outcome
from schemas.anonymity import BOTTOM, FIELDS, TOP, Attestation, Node, conforms, nodes, window_of
from schemas.envelope import Sealed
from schemas.receipts import RefusedEvent
from tests.generated import fields_of
from tests.samples import TUNISIA, Fields, an_event, one_of_each, ref
from tests.told import an_event_at, attested, coarsened
from tests.unit.test_fold import entry_of, following
from tests.world import NOW, Platform, a_world, sealed

MIDDLE = Node(sex=0, age=1, citizenship=1, route=1, region=1, period=1)
CASE_TYPES = [event for event in one_of_each() if event["event_type"] != "network.linkage"]


def a_platform() -> Platform:
    """One that holds the Tunisian authority to what it attests."""
    return Platform(a_world().agreed())


def refused(outcome: Outcome) -> list[tuple[str, str]]:
    return [(event.code, event.detail) for event in entry_of(outcome).refused]


def judged(event: Fields, *attests: Attestation, platform: Platform | None = None) -> list[Any]:
    """What a batch of one event comes to."""
    return refused((platform or a_platform()).take(sealed(event, anonymity=attests).message))


# --- Events --------------------------------------------------------------------------------------

FINER: list[tuple[str, Node, dict[str, Any], str]] = [
    ("the month", MIDDLE, {"period": "2023-05"}, "period"),
    ("the last month, not said to be hidden", MIDDLE, {"suppressed_fields": []}, "period"),
    ("a month hidden in name only", MIDDLE, {"period": "2023-04"}, "period"),
    ("an age band", MIDDLE, {"age_band": "Y18T29"}, "age_band"),
    ("a citizenship", MIDDLE, {"citizenship": "CIV", "citizenship_level": "ISO3"}, "citizenship"),
    ("a country of the route", MIDDLE, {"country_of_recruitment": "CIV"}, "country_of_recruitment"),
    ("transit", MIDDLE, {"transit_countries": ["DZA"]}, "transit_countries"),
    ("a region", MIDDLE, {"region": "TN-11", "region_level": "L1"}, "region"),
    ("the sex", MIDDLE._replace(sex=1), {"sex": "F"}, "sex"),
    ("where it was", TOP, {"country_of_exploitation": "TUN"}, "country_of_exploitation"),
]


@pytest.mark.parametrize(
    ("node", "changes", "field"), [f[1:] for f in FINER], ids=[f[0] for f in FINER]
)
def test_an_event_that_tells_more_than_attested_is_refused_by_its_field(
    node: Node, changes: dict[str, Any], field: str
) -> None:
    assert judged(an_event_at(node), attested(node)) == []
    finer = an_event_at(node, but=changes)
    assert judged(finer, attested(node)) == [("NOT_ANONYMISED", f"{field}: finer than attested")]


def test_a_refusal_never_quotes_a_value() -> None:
    for _, node, changes, _field in FINER:
        event = an_event_at(node, but=changes)
        ((_, detail),) = judged(event, attested(node))
        values = {value for value in event.values() if isinstance(value, str)}
        assert not values & set(detail.replace(":", " ").split())


@pytest.mark.parametrize("event", CASE_TYPES, ids=lambda event: event["event_type"])
def test_a_quarter_that_is_not_attested_takes_no_gated_event(event: Fields) -> None:
    of_another = attested(BOTTOM, "2023-Q3")
    gated = event["event_type"] in FIELDS
    expected = [("NOT_ANONYMISED", "period: its quarter is not attested")] if gated else []
    assert judged(event) == judged(event, of_another) == expected
    assert judged(event, of_another, attested(BOTTOM)) == []


def test_what_an_earlier_batch_attested_is_no_leave_for_this_one() -> None:
    platform = a_platform()
    first = sealed(an_event_at(MIDDLE), anonymity=[attested(MIDDLE)])
    assert refused(platform.take(first.message)) == []
    second = following(first, an_event_at(MIDDLE, victim_ref=ref("other")), sequence=2)
    assert refused(platform.take(second.message)) == [
        ("NOT_ANONYMISED", "period: its quarter is not attested")
    ]


def test_an_event_refused_does_not_sink_its_batch() -> None:
    platform = a_platform()
    good, bad = an_event_at(MIDDLE), an_event(victim_ref=ref("other"), fact_ref=ref("fact 2"))
    outcome = platform.take(sealed(bad, good, anonymity=[attested(MIDDLE)]).message)
    assert entry_of(outcome).events_accepted == 1
    assert entry_of(outcome).refused == (
        RefusedEvent(0, "NOT_ANONYMISED", "period: finer than attested"),
    )
    alone = a_platform()
    alone.take(sealed(good, anonymity=[attested(MIDDLE)]).message)
    assert platform.cells == alone.cells != {}


def test_who_has_agreed_on_nothing_is_held_to_nothing() -> None:
    for attests in ([], [attested(TOP)]):
        assert judged(an_event(), *attests, platform=Platform()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"producer": "tn.other"}, "WRONG_PRODUCER"),
        ({"case_ref": bytes(7) + b"\1" + bytes(8)}, "WRONG_STREAM"),
        ({"period": "2024-02"}, "EVENT_INVALID"),
        ({"region": "MA-N"}, "EVENT_INVALID"),
    ],
)
def test_whose_and_what_an_event_is_comes_before_how_much_it_tells(
    changes: dict[str, Any], code: str
) -> None:
    assert [c for c, _ in judged(an_event(**changes))] == [code]


@pytest.mark.parametrize(("month", "taken"), [("2024-03", True), ("2024-06", False)])
def test_the_quarter_of_the_sealing_may_be_told_before_it_has_ended(
    month: str, taken: bool
) -> None:
    """Its last month stands for it, and may be to come; a later quarter is the future."""
    event = an_event_at(MIDDLE, period=month)
    found = [code for code, _ in judged(event, attested(MIDDLE, window_of(month)))]
    assert found == ([] if taken else ["EVENT_INVALID"])


# --- Withdrawals ---------------------------------------------------------------------------------


def published_then(
    after: Node, *, at: Node = MIDDLE, attests: Node | None = None, **more: Any
) -> tuple[Platform, Outcome]:
    """A fact told at a node, and then taken back in a batch that attests another one."""
    platform = a_platform()
    told = an_event_at(at)
    first = sealed(told, anonymity=[attested(at)])
    gone = {"supersedes": told["event_id"], "revision": 1, "validation": "WITHDRAWN"}
    event = an_event_at(after, **gone, **more)
    second = following(first, event, sequence=2, anonymity=[attested(attests or after)])
    platform.take(first.message)
    return platform, platform.take(second.message)


TAKEN_BACK = [
    ("as it was told", MIDDLE, MIDDLE),
    ("as it was told, where the quarter has become coarser", MIDDLE, TOP),
    ("as the quarter is told by now", TOP, TOP),
    ("coarser than need be", TOP, MIDDLE),
]


@pytest.mark.parametrize(
    ("after", "attests"), [t[1:] for t in TAKEN_BACK], ids=[t[0] for t in TAKEN_BACK]
)
def test_every_fact_can_be_taken_back(after: Node, attests: Node) -> None:
    platform, outcome = published_then(after, attests=attests)
    assert refused(outcome) == []
    assert platform.cells == {}


@pytest.mark.parametrize(
    ("after", "more"),
    [(BOTTOM, {}), (MIDDLE, {"sex": "M"}), (MIDDLE, {"region": "TN-R2"})],
    ids=["finer than it was told", "with another sex", "with another region"],
)
def test_a_withdrawal_is_no_way_to_tell_more(after: Node, more: dict[str, Any]) -> None:
    platform, outcome = published_then(after, attests=TOP, **more)
    assert [code for code, _ in refused(outcome)] == ["NOT_ANONYMISED"]
    assert platform.cells != {}


def test_a_withdrawal_of_what_was_never_told_repeats_nothing() -> None:
    event = an_event_at(MIDDLE, validation="WITHDRAWN")
    assert [code for code, _ in judged(event, attested(TOP))] == ["NOT_ANONYMISED"]


def test_a_fact_of_a_quarter_that_was_never_attested_can_be_taken_back_as_it_was_told() -> None:
    """It was published before the authority agreed."""
    platform = Platform()
    told = an_event()
    first = sealed(told)
    platform.take(first.message)
    platform.world = a_world().agreed()
    gone = {"supersedes": told["event_id"], "revision": 1, "validation": "WITHDRAWN"}
    finer = following(first, an_event(age_band="Y30T47", **gone), sequence=2)
    second = following(finer, an_event(**gone), sequence=3)
    unattested = [("NOT_ANONYMISED", "period: its quarter is not attested")]
    assert [refused(o) for o in platform.take_all([finer, second])] == [unattested, []]
    assert platform.cells == {}


def test_a_correction_is_told_no_finer_than_the_quarter_is_by_now() -> None:
    platform = a_platform()
    told = an_event_at(MIDDLE)
    first = sealed(told, anonymity=[attested(MIDDLE)])
    better = {"supersedes": told["event_id"], "revision": 1, "exploitation": ["BEG"]}
    finer = following(first, an_event_at(MIDDLE, **better), sequence=2, anonymity=[attested(TOP)])
    platform.take(first.message)
    assert [code for code, _ in refused(platform.take(finer.message))] == ["NOT_ANONYMISED"]
    coarse = following(finer, an_event_at(TOP, **better), sequence=3, anonymity=[attested(TOP)])
    assert refused(platform.take(coarse.message)) == []


# --- For every event -----------------------------------------------------------------------------

NODES = st.sampled_from(list(nodes()))
TUNISIAN = {"producer": TUNISIA, "country": "TUN", "supersedes": None, "revision": 0}


@st.composite
def tunisian_events(draw: st.DrawFn) -> Fields:
    """Any event that the Tunisian authority may publish, told at any node."""
    event_type = draw(st.sampled_from(sorted(FIELDS)))
    fields = {**draw(fields_of(event_type)), **TUNISIAN, "case_ref": ref("case 1")}
    fields |= {"period": draw(st.sampled_from(["2023-01", "2023-05", "2023-06"]))}
    fields |= draw(
        st.sampled_from([("TN-11", "L1"), ("TN-R1", "MACRO"), ("_U", "NATIONAL")]).map(
            lambda region: {"region": region[0], "region_level": region[1]}
        )
    )
    return draw(st.sampled_from([fields, coarsened(fields, draw(NODES))]))


@settings(max_examples=300, deadline=None)
@given(tunisian_events(), NODES)
def test_for_every_event_and_node_it_is_refused_exactly_if_it_does_not_conform(
    event: Fields, node: Node
) -> None:
    codes = [code for code, _ in judged(event, attested(node, window_of(event["period"])))]
    assert codes == ([] if conforms(event, node) else ["NOT_ANONYMISED"])


@settings(max_examples=100, deadline=None)
@given(tunisian_events(), NODES)
def test_whatever_is_told_at_a_node_is_taken_at_it(event: Fields, node: Node) -> None:
    told = coarsened(event, node)
    assert judged(told, attested(node, window_of(told["period"]))) == []


# --- What the ledger keeps -----------------------------------------------------------------------


def kept(platform: Platform) -> dict[tuple[str, str], Kept]:
    return by_quarter((k, v) for k, v in platform.records.items() if k.startswith(ATTESTED))


def story(*attests: list[Attestation]) -> list[Sealed]:
    """Batches of no events, each with its attestations and a day after the one before."""
    batches: list[Sealed] = []
    for number, attested_now in enumerate(attests):
        previous = batches[-1] if batches else None
        at = {"sequence": number + 1, "produced_at": NOW + number, "anonymity": attested_now}
        batches.append(following(previous, **at))
    return batches


HISTORIES: list[tuple[str, list[Node], bool]] = [
    ("the same again", [MIDDLE, MIDDLE], False),
    ("coarser", [BOTTOM, MIDDLE, TOP], False),
    ("finer", [MIDDLE, BOTTOM], True),
    ("finer once, coarse again", [MIDDLE, BOTTOM, TOP], True),
    (
        "coarser in one attribute, finer in another",
        [Node(1, 0, 0, 0, 0, 0), Node(0, 1, 0, 0, 0, 0)],
        True,
    ),
]


@pytest.mark.parametrize(
    ("history", "finer"), [h[1:] for h in HISTORIES], ids=[h[0] for h in HISTORIES]
)
def test_the_newest_attestation_is_kept_and_whether_one_became_finer(
    history: list[Node], finer: bool
) -> None:
    platform = a_platform()
    platform.take_all(story(*([attested(node, k=n)] for n, node in enumerate(history, 5))))
    last = attested(history[-1], k=4 + len(history))
    assert kept(platform) == {(TUNISIA, "2023-Q2"): Kept(last, NOW + len(history) - 1, finer)}


def test_every_quarter_of_a_batch_is_kept_for_itself() -> None:
    platform = a_platform()
    spring, autumn = attested(MIDDLE), attested(TOP, "2023-Q4", suppressed=5)
    platform.take_all(story([spring, autumn], [spring]))
    assert {w: k.attested for (_, w), k in kept(platform).items()} == {
        "2023-Q2": spring,
        "2023-Q4": autumn,
    }
    assert kept(platform)[TUNISIA, "2023-Q4"].produced_at == NOW


def test_who_has_agreed_on_nothing_may_attest_and_it_is_kept() -> None:
    platform = Platform()
    platform.take_all(story([attested(MIDDLE)]))
    assert list(kept(platform)) == [(TUNISIA, "2023-Q2")]


def test_a_batch_that_is_refused_or_repeated_attests_nothing() -> None:
    platform = a_platform()
    first, second = story([attested(MIDDLE)], [attested(BOTTOM)])
    platform.take(first.message)
    before = kept(platform)
    fork = sealed(seed="another", anonymity=[attested(TOP)])
    for message in (first.message, fork.message, second.message):
        platform.take(message)  # a duplicate, an equivocation, a suspended stream
        assert kept(platform) == before


def test_partitions_are_put_together_by_the_time_of_sealing() -> None:
    def found(*kepts: Kept) -> Kept:
        records = [(b"Atn.inltp/2023-Q2", one.pack()) for one in kepts]
        ((_, together),) = by_quarter(records).items()
        return together

    early, late = Kept(attested(MIDDLE), 1), Kept(attested(TOP), 2)
    assert found(early, late) == found(late, early) == late
    back = Kept(attested(BOTTOM), 3)
    assert found(back, late) == found(late, back) == Kept(back.attested, 3, finer=True)
    assert found(Kept(attested(MIDDLE), 1, finer=True), late).finer
    at_once = Kept(attested(BOTTOM), 2)
    assert found(late, at_once) == found(at_once, late) == late
