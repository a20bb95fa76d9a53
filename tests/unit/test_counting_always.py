"""The counting rules for all events: order, batches, corrections, and tables that hold together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.indicators.dimensions import DIMENSIONS
from processors.indicators.formulas import FORMULAS, Count, NotCounted, Share
from processors.indicators.query import observe, unknowns
from processors.indicators.rules import MEASURES, RULES, Cell, cells_of
from processors.indicators.select import Select, is_multiple
from processors.intake.apply import Origin, apply_events
from processors.intake.records import CELLS, read_cell, subject_key, unpack_count, unpack_subject
from schemas.codelists import codelist
from schemas.indicators import catalogue
from schemas.trust import Authority
from tests.generated import Fields, fields_of
from tests.samples import TUNISIA, an_event, encoded, ref
from tests.world import LINKAGE_KEY, NOW

# --- For all events ------------------------------------------------------------------------------

GROUPS = (
    (
        "victim.presumed",
        "victim.identified",
        "victim.referred",
        "assistance.provided",
        "victim.return",
    ),
    ("report.received", "report.triaged", "report.transmitted", "network.intercepted"),
    ("justice.investigation_opened", "training.delivered", "cooperation.request"),
    ("justice.person_stage", "justice.sentence"),
)


@st.composite
def lives(draw: st.DrawFn, size: int = 5) -> list[Fields]:
    """Events of any content about one subject of one country."""
    types = draw(st.sampled_from(GROUPS))
    chosen = draw(st.lists(st.sampled_from(types), min_size=1, max_size=size))
    months = draw(st.lists(st.sampled_from(MONTHS), min_size=len(chosen), max_size=len(chosen)))
    one = {"country": "TUN", "region": "TN-R1", "region_level": "MACRO"}
    return [
        {**draw(fields_of(event_type)), **one, "period": month}
        for event_type, month in zip(chosen, months, strict=True)
    ]


MONTHS = ("2022-11", "2022-12", "2023-01", "2023-05")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    events = data.draw(lives())
    shuffled = data.draw(st.permutations(events))
    assert cells_of(shuffled) == cells_of(events)


@settings(max_examples=40, deadline=None)
@given(lives())
def test_a_cell_holds_a_positive_number_and_a_value_for_each_dimension(
    events: list[Fields],
) -> None:
    lengths = {measure: 3 + len(names) for measure, names in MEASURES.items()}
    for cell, number in cells_of(events).items():
        assert number > 0
        assert len(cell) == lengths[cell[0]]
        assert all(cell)


# --- The ledger's cells --------------------------------------------------------------------------

STEPS = st.tuples(
    st.sampled_from(["state", "state", "correct", "restate", "withdraw"]),
    st.integers(0, 7),
    st.sampled_from(
        [
            ("victim.presumed", {"sex": "M"}),
            ("victim.presumed", {"exploitation": ["SEX", "BEG"]}),
            ("victim.identified", {}),
            ("victim.identified", {"status": "NOTVICTIM"}),
            ("victim.referred", {}),
            ("assistance.provided", {"service": "LEGAID"}),
            ("victim.return", {"direction": "IN"}),
            ("report.received", {}),
            ("report.triaged", {}),
            ("training.delivered", {"participants_f": 6}),
            ("justice.person_stage", {"stage": "PROSEC"}),
            ("justice.person_stage", {"stage": "CONV1"}),
            ("justice.sentence", {"assets_confiscated": True}),
            ("cooperation.request", {}),
            ("assistance.closed", {}),
        ]
    ),
    st.sampled_from(MONTHS),
)


class Book:
    """What an authority states, corrects and takes back, and the newest event of each fact."""

    def __init__(self) -> None:
        self.published: list[Fields] = []
        self.newest: dict[bytes, Fields] = {}

    def step(self, what: str, number: int, new: tuple[str, Fields], month: str) -> None:
        if what == "state" or not self.newest:
            event_type, changes = new
            subject = {"case_ref": ref(f"case {number % 2}")}
            for person in {"victim_ref", "suspect_ref"} & an_event(event_type).keys():
                subject[person] = ref(f"{person} {number % 2}")
            fact = {"fact_ref": ref(f"fact {len(self.published)}"), "period": month}
            self._publish(an_event(event_type, **subject, **changes, **fact))
            return
        known = list(self.newest.values())[number % len(self.newest)]
        changes = {
            "correct": {"period": month, "validation": "VALID"},
            "restate": {"period": month},
            "withdraw": {"validation": "WITHDRAWN"},
        }[what]
        link = {"supersedes": known["event_id"], "revision": known["revision"] + 1}
        if what == "restate":  # by an authority that lost its outbox
            link = {"supersedes": None, "revision": 0}
        self._publish({**known, **changes, **link})

    def _publish(self, event: Fields) -> None:
        event["event_id"] = ref(f"event {len(self.published)}")
        self.newest[event["fact_ref"]] = event
        self.published.append(event)


def in_batches(
    events: Sequence[Fields], sizes: Iterable[int], every: int = 0
) -> dict[bytes, bytes]:
    """The ledger after events that came in batches of these sizes, and the rest in one.

    Batches are sealed one after the other; `every` so many milliseconds.
    """
    records: dict[bytes, bytes] = {}
    waiting = [encoded(event) for event in events]
    for number, size in enumerate([*sizes, len(waiting)]):
        batch, waiting = waiting[:size], waiting[size:]
        origin = Origin(Authority(id=TUNISIA, country="TUN"), 0, NOW + number * every, number)
        applied = apply_events(batch, origin, lambda keys: [*map(records.get, keys)], LINKAGE_KEY)
        assert (applied.accepted, applied.refused) == (len(batch), [])
        for key, value in applied.writes.items():
            if value is None:
                records.pop(key, None)
            else:
                records[key] = value
    return records


TWO_MONTHS = 61 * 24 * 60 * 60 * 1000


def first_told(events: Sequence[Fields], sizes: Iterable[int]) -> dict[bytes, tuple[str, int]]:
    """The day and the place of the batch that was the first to tell a fact."""
    told: dict[bytes, tuple[str, int]] = {}
    waiting = list(events)
    for number, size in enumerate([*sizes, len(waiting)]):
        sealed = datetime.fromtimestamp((NOW + number * TWO_MONTHS) / 1000, UTC)
        for event in waiting[:size]:
            told.setdefault(event["fact_ref"], (sealed.strftime("%Y-%m-%d"), number))
        waiting = waiting[size:]
    return told


@settings(max_examples=80, deadline=None)
@given(st.lists(STEPS, max_size=12), st.lists(st.integers(1, 4), max_size=6))
def test_the_ledger_counts_what_stands_however_it_came(steps: list[Any], sizes: list[int]) -> None:
    """For any corrections, withdrawals and statements anew, and any split into batches."""
    book = Book()
    for step in steps:
        book.step(*step)
    records = in_batches(book.published, sizes, every=TWO_MONTHS)

    subjects = {
        key: unpack_subject(value) for key, value in records.items() if key.startswith(b"S")
    }
    assert {(key, event["event_id"]) for key, events in subjects.items() for event in events} == {
        (subject_key(event), event["event_id"]) for event in book.newest.values()
    }
    expected: Counter[Cell] = Counter()
    for events in subjects.values():
        expected.update(cells_of(events))
    counted = {
        read_cell(key): unpack_count(value)
        for key, value in records.items()
        if key.startswith(CELLS)
    }
    assert counted == dict(expected)
    kept = {
        event["fact_ref"]: (event["first_accepted"], event["first_offset"])
        for events in subjects.values()
        for event in events
    }
    assert kept == first_told(book.published, sizes)
    assert in_batches(book.published, sizes, every=TWO_MONTHS) == records


# --- The tables hold together --------------------------------------------------------------------


def measures_of(indicator: str) -> set[str]:
    parts = vars(FORMULAS[indicator]).values()
    return {part.measure for part in parts if isinstance(part, Select)}


def test_every_rule_speaks_of_dimensions_that_there_are() -> None:
    assert {name for rule in RULES for name in rule.dimensions} <= set(DIMENSIONS)


def test_rules_of_one_measure_have_the_same_cells() -> None:
    """Two events may count as one measure (corridors), but the cells are of one kind."""
    shapes: dict[str, set[tuple[object, ...]]] = {}
    for rule in RULES:
        shape = (rule.by, rule.frequencies, rule.split)
        shapes.setdefault(rule.measure, set()).add(shape)
    assert [measure for measure, found in shapes.items() if len(found) > 1] == []


def test_every_indicator_has_a_formula_and_every_formula_an_indicator() -> None:
    assert set(FORMULAS) == set(catalogue())


def test_every_measure_is_shown_somewhere_and_every_formula_has_its_measures() -> None:
    shown = {measure for code in FORMULAS for measure in measures_of(code)}
    assert shown == set(MEASURES)


def test_every_indicator_is_counted_at_the_frequencies_it_promises() -> None:
    frequencies = {rule.measure: set(rule.frequencies) for rule in RULES} | {"DQ_SEQ": {"Q"}}
    for code, indicator in catalogue().items():
        for measure in measures_of(code):
            assert set(indicator.frequencies) <= frequencies[measure], code


LIVES = [
    ["victim.presumed", "victim.identified", "victim.referred", "assistance.provided"],
    ["victim.return"],
    ["report.received", "report.triaged", "report.transmitted"],
    ["network.intercepted"],
    ["justice.investigation_opened"],
    ["training.delivered"],
    ["cooperation.request"],
]
STAGES = ("SUSPECT", "PROSEC", "CONV1")
COURT = [an_event("justice.person_stage", stage=stage) for stage in STAGES]
OTHER_LIVES = [
    [*COURT, an_event("justice.sentence")],
    [an_event(country_of_recruitment="LBN", exploitation=["SEX_PROST", "ORG", "BEG"])],
    [an_event("assistance.provided", service=s) for s in ("REFLECT", "RESID", "COMPF")],
    [an_event("training.delivered", is_tot=True)],
    [an_event("report.received", first_accepted="2023-08-01")],
]
ALL_CELLS: Counter[Cell] = Counter()
for life in [*([an_event(t) for t in types] for types in LIVES), *OTHER_LIVES]:
    ALL_CELLS.update(cells_of(life))
"""Something in every measure."""


@pytest.mark.parametrize("code", catalogue())
def test_what_a_reader_must_know_is_told_in_every_language(code: str) -> None:
    entry = catalogue()[code]
    assert all(entry.names.values())
    told = {caveat for caveat in entry.caveats.values() if caveat}
    assert len(told) in (0, len(entry.caveats))


@pytest.mark.parametrize("code", catalogue())
def test_every_breakdown_of_the_catalogue_works(code: str) -> None:
    entry = catalogue()[code]
    if isinstance(FORMULAS[code], NotCounted):
        assert not entry.breakdowns
        return
    assert observe(ALL_CELLS, code), "nothing is counted"
    for breakdown in entry.breakdowns:
        found = observe(ALL_CELLS, code, [breakdown])
        assert found, breakdown
        assert all(breakdown in observation.breakdown for observation in found)


@pytest.mark.parametrize("code", [code for code, f in FORMULAS.items() if isinstance(f, Count)])
def test_breakdowns_of_a_count_add_up_to_it_where_a_person_has_one_value(code: str) -> None:
    whole = sum(o.value or 0 for o in observe(ALL_CELLS, code))
    for breakdown in catalogue()[code].breakdowns:
        if not is_multiple(breakdown):
            parts = observe(ALL_CELLS, code, [breakdown])
            assert sum(o.value or 0 for o in parts) == whole, breakdown


FIELD = """
    VIC_IDENT VIC_RATE VIC_SEX VIC_LAB VIC_ORG VIC_OTH VIC_PRES VIC_PRES2ID VIC_CHILD_SH VIC_FEM_SH
    VIC_FOR_SH VIC_CITIZ VIC_XBORDER_SH COR_FLOW COR_4 MEANS_SH RECR_SH SECTOR_SH REP_N REP_CSO_SH
    REP_TRANS_SH T_REP_ID T_ID_REF T_REF_AST REF_COV AST_N AST_CORE_COV REFLECT_N RESID_N COMP_N
    RETURN_N INV_N SUS_N PRO_N CONV_N CONV_RATE CUST_SH ASSET_SH REQUAL_SH COOP_N NET_N NET_XLINK
    TRN_N TRN_TOT DQ_UNK DQ_LATE
"""
"""The indicators that the field asks for."""
CATALOGUE = re.findall(r"\w+", FIELD)


def test_every_indicator_of_the_field_is_in_the_catalogue_and_two_of_our_own() -> None:
    assert len(CATALOGUE) == 46
    assert set(catalogue()) - set(CATALOGUE) == {"TRN_PER", "DQ_SEQ"}
    assert set(CATALOGUE) <= set(catalogue())


@pytest.mark.parametrize("code", catalogue())
def test_every_indicator_says_in_which_status_it_counts(code: str) -> None:
    entry = catalogue()[code]
    assert entry.status in codelist("CL_COUNT_STATUS")
    assert all(entry.names.values())


@pytest.mark.parametrize("code", catalogue())
def test_of_every_indicator_the_unknown_can_be_told(code: str) -> None:
    formula = FORMULAS[code]
    found = unknowns(ALL_CELLS, code)
    breakdowns = catalogue()[code].breakdowns
    if not isinstance(formula, NotCounted) and breakdowns:
        of = formula.among if isinstance(formula, Share) else formula.of
        assert {of.behind(name) for name in breakdowns} <= {u.dimension for u in found}
    assert all(0 <= u.unknown <= u.total for u in found)
