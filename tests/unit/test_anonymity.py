"""Levels and ladders: what the gate's lattice means, for every value that the contract has."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.anonymity import (
    BOTTOM,
    FIELDS,
    GATED,
    HEIGHTS,
    MAX_WINDOWS,
    PERSONS,
    TOP,
    Attestation,
    Node,
    conforms,
    ladder,
    last_month,
    nodes,
    read_attestations,
    window_of,
)
from schemas.case_events import EVENT_TYPES
from schemas.codelists import CodeOf, codelist
from schemas.errors import Oversized, Undecodable
from schemas.event_fields import QI
from tests.samples import an_event

COUNTRY = "TUN"
REGIONS = [c for c in codelist("CL_REGION").codes if c.startswith("TN-")] + ["_U"]


def values(event_type: str, field: str) -> list[Any]:
    """Every value that a field may have in a Tunisian event."""
    if field == "region":
        return REGIONS
    info = EVENT_TYPES[event_type].model_fields[field]
    if field == "transit_countries":
        return [[], ["LBY"], ["DZA", "LBY"]]
    markers = [m for m in info.metadata if isinstance(m, CodeOf)]
    return list((markers or get_args(info.annotation)[1:])[0].symbols)


CASES = [
    (event_type, field, value)
    for event_type, fields in FIELDS.items()
    for field in fields
    for value in values(event_type, field)
]


def test_a_ladder_climbs_to_the_height_of_its_attribute() -> None:
    for _, field, value in CASES:
        assert len(ladder(field, value, COUNTRY)) == getattr(HEIGHTS, GATED[field].attribute) + 1


def test_every_step_of_a_ladder_is_a_function_of_the_one_before() -> None:
    for _, field, value in CASES:
        steps = ladder(field, value, COUNTRY)
        for level, said in enumerate(steps):
            assert ladder(field, said, COUNTRY)[level:] == steps[level:]


def test_a_value_that_is_told_coarser_is_still_one_that_the_field_may_have() -> None:
    for event_type, field, value in CASES:
        allowed = values(event_type, field)
        assert all(said in allowed for said in ladder(field, value, COUNTRY))


@pytest.mark.parametrize(
    ("field", "value", "steps"),
    [
        ("sex", "F", ("F", "_U")),
        ("age_band", "Y9T17", ("Y9T17", "Y0T17", "_U")),
        ("age_band", "Y0T17", ("Y0T17", "Y0T17", "_U")),
        ("adult", "Y_GE18", ("Y_GE18", "Y_GE18", "_U")),
        ("citizenship", "CIV", ("CIV", "011", "FOREIGN", "_U")),
        ("citizenship", "TUN", ("TUN", "NATIONAL", "NATIONAL", "_U")),
        ("citizenship", "STATELESS", ("STATELESS", "FOREIGN", "FOREIGN", "_U")),
        ("country_of_recruitment", "CIV", ("CIV", "011", "_U", "_U")),
        ("country_of_recruitment", "TUN", ("TUN", "TUN", "TUN", "_U")),
        ("country_of_exploitation", "TUN", ("TUN", "TUN", "TUN", "_U")),
        ("country_of_exploitation", "ITA", ("ITA", "039", "039", "_U")),
        ("counterpart", "ITA", ("ITA", "039", "039", "039")),
        ("transit_countries", ["DZA"], (["DZA"], [], [], [])),
        ("region", "TN-11", ("TN-11", "TN-R1", "_U")),
    ],
)
def test_what_is_said_at_each_level(field: str, value: Any, steps: tuple[Any, ...]) -> None:
    assert ladder(field, value, COUNTRY) == steps


def test_every_quasi_identifier_of_a_person_is_under_the_gate() -> None:
    """But those that are bands of the procedure or of a group: delays and sizes."""
    for event_type in PERSONS:
        fields = EVENT_TYPES[event_type].model_fields
        quasi = {name for name, info in fields.items() if QI in info.metadata}
        bands = {name for name in quasi if name.startswith("days_from")}
        assert quasi - bands - {"country", "period"} == set(FIELDS[event_type])


def test_the_lattice_has_every_node_once_from_bottom_to_top() -> None:
    every = list(nodes())
    assert (every[0], every[-1]) == (BOTTOM, TOP)
    assert len(set(every)) == len(every) == 2 * 3 * 4 * 4 * 3 * 2


@pytest.mark.parametrize(
    ("month", "window", "last"),
    [("2025-01", "2025-Q1", "2025-03"), ("2025-12", "2025-Q4", "2025-12")],
)
def test_a_window_is_a_quarter(month: str, window: str, last: str) -> None:
    assert window_of(month) == window
    assert last_month(window) == last


# --- Conforming ----------------------------------------------------------------------------------

PLAIN = {"sex": "F", "age_band": "Y18T29", "citizenship": "CIV", "citizenship_level": "ISO3"}
TOLD = {
    "sex": "_U",
    "age_band": "_U",
    "citizenship": "_U",
    "region": "_U",
    "region_level": "NATIONAL",
    "country_of_recruitment": "_U",
    "country_of_exploitation": "_U",
    "transit_countries": [],
    "period": "2023-06",
    "suppressed_fields": ["sex", "age_band", "citizenship", "region", "period"],
}


@pytest.mark.parametrize(
    ("changes", "node", "told"),
    [
        ({}, BOTTOM, True),
        ({}, BOTTOM._replace(sex=1), False),
        ({"sex": "_U"}, BOTTOM._replace(sex=1), True),
        ({}, BOTTOM._replace(age=1), False),
        ({"age_band": "Y_GE18"}, BOTTOM._replace(age=1), True),
        ({"period": "2023-06"}, BOTTOM._replace(period=1), False),
        (
            {"period": "2023-06", "suppressed_fields": ["period"]},
            BOTTOM._replace(period=1),
            True,
        ),
        (
            {"period": "2023-05", "suppressed_fields": ["period"]},
            BOTTOM._replace(period=1),
            False,
        ),
        (TOLD, TOP, True),
        (TOLD, BOTTOM, True),
    ],
)
def test_an_event_conforms_if_it_tells_no_more_than_the_node(
    changes: dict[str, Any], node: Node, told: bool
) -> None:
    event = {**an_event("victim.identified"), **PLAIN, **changes}
    assert conforms(event, node) is told


def test_a_training_is_under_no_gate() -> None:
    assert conforms(an_event("training.delivered"), TOP)


@given(st.sampled_from(list(nodes())), st.sampled_from(list(nodes())))
def test_what_conforms_to_a_node_conforms_to_every_finer_one(one: Node, other: Node) -> None:
    event = {**an_event("victim.identified"), **PLAIN}
    if conforms(event, one) and one.covers(other):
        assert conforms(event, other)


# --- In the header -------------------------------------------------------------------------------

ATTESTED = Attestation("2025-Q1", Node(0, 1, 1, 1, 2, 1), k=5, l=2, suppressed=10)


def test_an_attestation_is_read_as_it_was_written() -> None:
    assert read_attestations([ATTESTED.as_fields()]) == (ATTESTED,)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ([ATTESTED.as_fields()] * 2, Undecodable),
        ([{**ATTESTED.as_fields(), "window": "2025-05"}], Undecodable),
        ([{**ATTESTED.as_fields(), "window": "2025-Q5"}], Undecodable),
        ([{**ATTESTED.as_fields(), "sex": 2}], Undecodable),
        ([{**ATTESTED.as_fields(), "age": -1}], Undecodable),
        ([{**ATTESTED.as_fields(), "k": -1}], Undecodable),
        ([{**ATTESTED.as_fields(), "l": 2**31}], Undecodable),
        ([ATTESTED.as_fields()] * (MAX_WINDOWS + 1), Oversized),
    ],
)
def test_a_header_that_attests_nonsense_is_refused(
    header: list[dict[str, Any]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read_attestations(header)
