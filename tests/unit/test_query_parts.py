"""Shares by parts, bands with their median, cohorts, and what is unknown beside."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.indicators.dimensions import BANDS
from processors.indicators.query import (
    Observation,
    UnknownIndicator,
    median_band,
    observe,
    unknowns,
)
from processors.indicators.rules import Cell, cells_of
from tests.samples import Fields, ref
from tests.unit.scenarios import assisted, identified, sentenced, staged
from tests.unit.test_query import only, values, victims

Cells = dict[Cell, int]


def counted(*lives: list[Fields]) -> Counter[Cell]:
    """The cells of some persons."""
    cells: Counter[Cell] = Counter()
    for events in lives:
        cells.update(cells_of(events))
    return cells


# --- Victims by group of forms --------------------------------------------------------------------

TWO_FORMS = counted(
    [identified(exploitation=["SEX_PROST", "LAB_DOM"])],
    [identified(exploitation=["LAB_AGR", "SRV"], sex="M")],
    [identified(exploitation=["ORG", "BEG"])],
    [identified(exploitation=["_U"])],
)
GROUPS = {"VIC_SEX": 1, "VIC_LAB": 2, "VIC_ORG": 1, "VIC_OTH": 1}


@pytest.mark.parametrize(("code", "number"), GROUPS.items())
def test_a_victim_of_two_forms_counts_under_each_and_once_under_one(code: str, number: int) -> None:
    assert only(observe(TWO_FORMS, code)).value == number


def test_by_form_only_the_forms_of_the_group_are_told() -> None:
    by_form = values(observe(TWO_FORMS, "VIC_LAB", ["FORM"]))
    assert by_form == {"LAB": 2, "LAB_DOM": 1, "LAB_AGR": 1, "SRV": 1}
    assert values(observe(TWO_FORMS, "VIC_LAB", ["SEX"])) == {"F": 1, "M": 1}


def test_the_share_across_borders_is_among_known_geographies() -> None:
    cells = victims(30, geography="DOM") + victims(6, geography="XB4") + victims(4, geography="XB")
    cells += victims(60, sex="M")
    share = only(observe(cells, "VIC_XBORDER_SH"))
    assert (share.value, share.denominator, share.unknown) == (25.0, 40, 60)


def test_the_share_of_women_is_among_known_sexes() -> None:
    cells = victims(30) + victims(10, sex="M") + victims(7, sex="_U")
    share = only(observe(cells, "VIC_FEM_SH"))
    assert (share.value, share.unknown) == (75.0, 7)


# --- Parts ---------------------------------------------------------------------------------------

CONTROLLED = counted(
    *[[identified(means_of_control=["EARN", "DOCS"])]] * 3,
    [identified(means_of_control=["EARN"], sex="M", exploitation=["SEX"])],
    *[[identified(means_of_control=["_U"])]] * 2,
)


def test_each_means_is_a_share_of_victims_with_any_means_recorded() -> None:
    found = observe(CONTROLLED, "MEANS_SH")
    assert values(found) == {"EARN": 100.0, "DOCS": 75.0}
    assert {(o.denominator, o.unknown, o.obs_status) for o in found} == {(4, 2, "U")}


def test_parts_within_a_breakdown_are_parts_of_it() -> None:
    by_sex = values(observe(CONTROLLED, "MEANS_SH", ["SEX"]))
    assert by_sex == {"EARN F": 100.0, "DOCS F": 100.0, "EARN M": 100.0}
    by_form = observe(CONTROLLED, "MEANS_SH", ["FORM_SDG"])
    told = {" ".join(o.breakdown.values()): (o.value, o.unknown) for o in by_form}
    assert told == {
        "EARN SDG_LAB": (100.0, 2),
        "DOCS SDG_LAB": (100.0, 2),
        "EARN SDG_SEX": (100.0, 0),
    }


RECRUITED = counted(
    *[[identified(recruit_channel="AGENCY", recruiter_rel="_U")]] * 3,
    [identified(recruit_channel="SOCIAL", recruiter_rel="OTHER")],
    [identified(recruit_channel="_U", recruiter_rel="OTHER", exploitation=["BEG"])],
)


def test_recruitment_is_told_by_channel_or_by_relation() -> None:
    assert values(observe(RECRUITED, "RECR_SH")) == {"AGENCY": 75.0, "SOCIAL": 25.0}
    assert values(observe(RECRUITED, "RECR_SH", ["RECRUITER"])) == {"OTHER": 100.0}
    both = observe(RECRUITED, "RECR_SH", ["RECRUIT_CHANNEL", "RECRUITER"])
    assert {o.denominator for o in both} == {1}
    assert {o.unknown for o in both} == {4}


def test_a_part_of_which_all_is_unknown_is_missing_and_not_left_out() -> None:
    by_form = observe(RECRUITED, "RECR_SH", ["FORM_SDG"])
    (missing,) = [o for o in by_form if o.breakdown["FORM_SDG"] == "SDG_OTH"]
    assert (missing.value, missing.obs_status, missing.unknown) == (None, "O", 1)
    assert missing.breakdown["RECRUIT_CHANNEL"] == "_U"


def test_sectors_are_those_of_labour_exploitation() -> None:
    cells = counted(
        [identified(isic_section="A")],
        [identified(isic_section="F", exploitation=["SRV", "SEX"])],
        [identified(isic_section="I", exploitation=["SEX"])],
        [identified(isic_section="_U")],
    )
    assert values(observe(cells, "SECTOR_SH")) == {"A": 50.0, "F": 50.0}


# --- Bands ---------------------------------------------------------------------------------------

BANDED = [
    # numbers by band, in order, and the median band
    ((1,), "D0T7"),
    ((1, 1), "D0T7"),
    ((1, 2), "D8T30"),
    ((0, 0, 3), "D31T90"),
    ((2, 1, 2), "D8T30"),
    ((2, 0, 0, 0, 0, 3), "D_GT365"),
    ((), None),
]


@pytest.mark.parametrize(("numbers", "median"), BANDED)
def test_the_median_band_is_that_by_whose_end_half_are_reached(
    numbers: tuple[int, ...], median: str | None
) -> None:
    assert median_band(dict(zip(BANDS, numbers, strict=False))) == median


@given(st.lists(st.sampled_from(list(BANDS)), min_size=1))
def test_no_more_than_half_lie_before_the_median_band_and_none_too_many_after(
    bands: list[str],
) -> None:
    median = median_band(Counter(bands))
    ordered = sorted(bands, key=list(BANDS).index)
    assert median == ordered[(len(ordered) - 1) // 2]


def test_times_are_told_by_band_with_the_median_beside() -> None:
    cells = counted(
        *[[identified(days_from_report="D0T7")]] * 10,
        *[[identified(days_from_report="D31T90", age_band="Y0T8")]] * 15,
        *[[identified(days_from_report="_U")]] * 5,
    )
    found = observe(cells, "T_REP_ID")
    assert values(found) == {"D0T7": 40.0, "D31T90": 60.0}
    assert {(o.median, o.denominator, o.unknown) for o in found} == {("D31T90", 25, 5)}
    assert [o.breakdown["DUR_BAND"] for o in found] == ["D0T7", "D31T90"]
    by_age = {
        o.breakdown["AGE"]: (o.median, o.unknown) for o in observe(cells, "T_REP_ID", ["AGE"])
    }
    assert by_age == {"Y0T17": ("D31T90", 0), "Y_GE18": ("D0T7", 5)}


def test_times_by_service_do_not_change_the_time_of_all() -> None:
    cells = counted(
        [assisted(service="LEGAID", days_from_referral="D8T30")],
        [assisted(days_from_referral="D31T90")],
    )
    assert values(observe(cells, "T_REF_AST")) == {"D8T30": 50.0, "D31T90": 50.0}
    by_service = values(observe(cells, "T_REF_AST", ["SERVICE"]))
    assert by_service == {"D8T30 LEGAID": 100.0, "D31T90 SHELTER": 100.0}


def test_lateness_is_told_by_quarter_of_acceptance() -> None:
    cells: Cells = {
        ("DQ_LATE", "TUN", "2023-Q2", "D0T7"): 30,
        ("DQ_LATE", "TUN", "2023-Q2", "D_GT365"): 10,
    }
    found = observe(cells, "DQ_LATE")
    assert values(found) == {"D0T7": 75.0, "D_GT365": 25.0}
    assert {o.median for o in found} == {"D0T7"}


def test_bands_stand_in_the_order_of_days() -> None:
    bands = ("D_GT365", "D181T365", "D31T90", "D0T7", "D91T180", "D8T30")
    cells = counted(*[[identified(days_from_report=band)] for band in bands])
    told = [o.breakdown["DUR_BAND"] for o in observe(cells, "T_REP_ID", ["AGE"])]
    assert told == ["D0T7", "D8T30", "D31T90", "D91T180", "D181T365", "D_GT365"]


# --- Cohorts -------------------------------------------------------------------------------------


def court(*steps: tuple[str, str]) -> list[Fields]:
    return [staged(stage=stage, period=f"{year}-01") for stage, year in steps]


def test_a_cohort_is_followed_over_the_years() -> None:
    """Three prosecuted in 2021, two of them convicted later; one of 2022, not yet judged."""
    cells = counted(
        court(("PROSEC", "2021"), ("CONV1", "2022")),
        court(("PROSEC", "2021"), ("CONVF", "2023")),
        court(("PROSEC", "2021"), ("REQUAL", "2022")),
        court(("PROSEC", "2022")),
        court(("CONV1", "2022")),
    )
    rates = {o.time_period: (o.numerator, o.denominator) for o in observe(cells, "CONV_RATE")}
    assert rates == {"2021": (2, 3), "2022": (0, 1)}
    requalified = {o.time_period: o.numerator for o in observe(cells, "REQUAL_SH", ["OFFENCE"])}
    assert requalified == {"2021": 1, "2022": 0}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["PROSEC", "CONV1", "CONVF", "REQUAL", "ACQUIT"]),
            st.sampled_from(["2021", "2022", "2023"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_cohort_has_more_successes_than_members(steps: list[tuple[str, str]]) -> None:
    cells = counted(court(*steps))
    for code in ("CONV_RATE", "REQUAL_SH"):
        for o in observe(cells, code):
            assert 0 <= (o.numerator or 0) <= (o.denominator or 0) == 1


def test_core_assistance_is_among_the_identified() -> None:
    core = [assisted(service=s) for s in ("SHELTER", "MEDICAL", "LEGINFO")]
    cells = counted([identified(), *core], [identified(), *core[:2]], [identified()], core)
    share = only(observe(cells, "AST_CORE_COV"))
    assert (share.numerator, share.denominator) == (1, 3)


def test_sentences_by_custody_and_by_assets() -> None:
    kinds = ("C_LT1", "C5T10", "C_GE15", "SUSP", "FINE", "_U")
    cells = counted(*[[sentenced(sentence=kind)] for kind in kinds])
    cells += counted([sentenced(sentence="FINE", assets_confiscated=True)])
    custody = only(observe(cells, "CUST_SH"))
    assert (custody.numerator, custody.denominator, custody.unknown) == (3, 6, 1)
    assets = only(observe(cells, "ASSET_SH"))
    assert (assets.numerator, assets.denominator, assets.unknown) == (1, 7, None)


# --- What is unknown ------------------------------------------------------------------------------


def unknown(cells: Counter[Cell] | Cells, code: str) -> dict[str, tuple[int, int]]:
    return {f"{u.time_period} {u.dimension}": (u.unknown, u.total) for u in unknowns(cells, code)}


def test_the_unknown_of_every_dimension_stands_beside_an_indicator() -> None:
    cells = victims(6, forms="_U") + victims(2, age="_U", natfor="_U", geography="DOM", forms="BEG")
    assert unknown(cells, "VIC_IDENT") == {
        "2019 SEX": (0, 8),
        "2019 AGE": (2, 8),
        "2019 NATFOR": (2, 8),
        "2019 REGION": (8, 8),
        "2019 GEOGRAPHY": (6, 8),
        "2019 EXPLOITATION": (6, 8),
    }


def test_what_a_share_asks_for_is_told_though_it_is_no_breakdown() -> None:
    cells: Cells = {
        ("REP_N", "TUN", "2019", "_U", "HOTLINE", "_U"): 3,
        ("REP_N", "TUN", "2019", "_U", "HOTLINE", "NGO"): 1,
    }
    assert unknown(cells, "REP_CSO_SH") == {"2019 REPORTER": (3, 4)}
    (one,) = unknowns(cells, "REP_CSO_SH")
    assert one.share == 75.0


def test_the_unknown_is_told_of_no_month() -> None:
    cells: Cells = {
        ("REP_N", "TUN", period, "_U", "HOTLINE", "NGO"): 1
        for period in ("2019-05", "2019-Q2", "2019")
    }
    periods = {key.split()[0] for key in unknown(cells, "REP_N")}
    assert periods == {"2019-Q2", "2019"}


def test_an_unknown_indicator_has_no_unknown_values() -> None:
    with pytest.raises(UnknownIndicator):
        unknowns({}, "VIC_IDENTT")


def test_what_is_not_counted_has_no_value_at_all() -> None:
    life = [identified(victim_ref=ref("one"))]
    nothing: list[Observation] = []
    assert observe(counted(life), "NET_XLINK") == nothing
    assert unknowns(counted(life), "NET_XLINK") == []
