"""What alerts are computed from: ledgers, releases, and how cases were done."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from deploy.alerts.audit import audit
from deploy.alerts.gather import gather
from deploy.alerts.place import Place, init_keys
from processors.alerts.errors import AlertKeysMissing, StopListInvalid
from processors.alerts.profiles import month_of, profiles
from processors.alerts.published import rises, series_of
from processors.intake.errors import LedgerMissing
from schemas.alerts import ANALYSTS, CONTACTS
from schemas.releases import Noise, Observation, Release, Withdrawal
from tests.samples import an_event, ref
from tests.unit.alert_site import a_site
from tests.unit.alerting import TODAY, Platform
from tests.unit.detection import sight, token
from tests.unit.test_alert_plan import HIT, THREE

NOISE = Noise.model_construct(sigma2=8.0)


def a_release(quarter: int, counts: dict[tuple[str, str], int], *, withdrawn=False) -> Release:
    """P3 of a quarter, counted from 2022 on."""
    rows = [
        Observation.model_construct(REF_AREA=country, ORIGIN=origin, MEASUREMENT=count)
        for (origin, country), count in counts.items()
    ]
    return Release.model_construct(
        table="P3",
        period=f"{2022 + quarter // 4}-Q{quarter % 4 + 1}",
        vintage="PROVISIONAL",
        noise=NOISE,
        withdrawn=Withdrawal(reason="METHOD_ERROR", on=date(2026, 1, 1)) if withdrawn else None,
        observations=[] if withdrawn else rows,
    )


def quiet(quarters: int = 16) -> list[Release]:
    """Corridors in which nothing happens but chance."""
    return [
        a_release(n, {("SYR", "LBN"): 30 + n % 3, ("SYR", "JOR"): 29 + n % 2, ("_O", "LBN"): 9})
        for n in range(quarters)
    ]


# --- Releases ------------------------------------------------------------------------------------


def test_where_nothing_happens_nothing_is_told() -> None:
    assert rises(quiet()) == []
    assert rises([]) == []


def test_a_corridor_that_carries_three_times_as_many_is_told() -> None:
    last = a_release(16, {("SYR", "LBN"): 95, ("SYR", "JOR"): 30})
    (found,) = rises([*quiet(), last])
    assert (found.detector, found.table, found.since) == ("D3", "P3", "2026-Q1")
    assert dict(found.series) == {"ORIGIN": "SYR", "REF_AREA": "LBN"}
    assert found.statistic > found.threshold


def test_a_corridor_that_moved_is_told_with_where_it_came_from() -> None:
    last = a_release(16, {("SYR", "LBN"): 3, ("SYR", "JOR"): 70})
    moved = [r for r in rises([*quiet(), last]) if r.detector == "D4"]
    assert [dict(r.series) for r in moved] == [{"ORIGIN": "SYR", "FROM": "LBN", "REF_AREA": "JOR"}]
    words = moved[0].fields()["about"].words
    assert "fewer in Lebanon" in words.en


def test_a_surge_goes_on_being_told_when_the_next_quarter_is_calm() -> None:
    last = a_release(16, {("SYR", "LBN"): 95, ("SYR", "JOR"): 30})
    first = {r.id for r in rises([*quiet(), last])}
    calm = a_release(17, {("SYR", "LBN"): 30, ("SYR", "JOR"): 30})
    assert first <= {r.id for r in rises([*quiet(), last, calm])}


def test_a_withdrawn_release_takes_its_surge_away() -> None:
    last = a_release(16, {("SYR", "LBN"): 95, ("SYR", "JOR"): 30})
    gone = a_release(16, {}, withdrawn=True)
    assert rises([*quiet(), last, gone]) == []


def test_what_is_other_or_unknown_is_no_series_and_a_missing_quarter_was_not_heard() -> None:
    told = {month_of(r.period) - 2: r for r in quiet(4) if not r.period.endswith("Q2")}
    series = series_of(told, "ORIGIN")
    assert [s.key for s in series] == [("SYR", "JOR"), ("SYR", "LBN")]
    assert series[0].unheard == {2022 * 12 + 3}
    assert series[0].noise == 8.0


# --- Cases ---------------------------------------------------------------------------------------


def test_a_case_has_the_codes_of_all_its_events_and_the_month_of_the_newest() -> None:
    case = ref("a case")
    one = an_event("victim.identified", case_ref=case, period="2025-03", recruit_channel="JOBAD")
    two = an_event("network.intercepted", case_ref=case, period="2025-05", route_modes=["AIR"])
    gone = an_event("victim.identified", case_ref=case, period="2025-09", validation="WITHDRAWN")
    (made,) = profiles([[one], [two], [gone]])
    assert {"CHANNEL:JOBAD", "ROUTE:AIR"} < made.codes
    assert made.month == month_of("2025-05")
    assert not [code for code in made.codes if code.endswith("_U")]


def test_an_event_without_such_codes_makes_no_profile() -> None:
    assert profiles([[an_event("training.delivered")]]) == []


# --- A site --------------------------------------------------------------------------------------


def test_what_ledgers_hold_is_found_and_what_expired_is_not_withdrawn(tmp_path: Path) -> None:
    place = Place(a_site(tmp_path / "site", HIT))
    found = gather(place, [], TODAY)
    assert {ought.channel for ought in found.now.oughts} == {CONTACTS["TUN"], CONTACTS["LBN"]}
    later = gather(place, [], date(2030, 2, 1))
    assert later.now.oughts == []
    anchors = {d for ought in found.now.oughts for d in ought.anchors}
    assert anchors == later.now.stand(CONTACTS["TUN"], "D1") | later.now.stand(
        CONTACTS["LBN"], "D1"
    )


def test_the_stop_list_of_the_site_is_heeded(tmp_path: Path) -> None:
    place = Place(a_site(tmp_path / "site", HIT))
    place.stop_list.write_text(f"{token('phone').hex()},tn.inltp,HOTLINE,2026-01\n")
    assert gather(place, [], TODAY).now.oughts == []
    place.stop_list.write_text("a hotline\n")
    with pytest.raises(StopListInvalid):
        gather(place, [], TODAY)


def test_with_a_partition_or_a_key_missing_nothing_is_computed(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site", HIT)
    Place(site).ids.unlink()
    with pytest.raises(AlertKeysMissing):
        gather(Place(site), [], TODAY)
    (site.ledgers / "worker-1" / "JOR-2").rename(tmp_path / "away")
    with pytest.raises(LedgerMissing):
        gather(Place(site), [], TODAY)


def test_keys_are_made_once_and_listed(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site")
    before = Place(site).ids.read_bytes()
    assert init_keys(site) == []
    assert Place(site).ids.read_bytes() == before
    assert [k.purpose for k in site.trust().keys].count("alert") == 1


def test_the_audit_counts_what_nothing_backs_and_how_readers_judge() -> None:
    platform = Platform()
    guesses = [sight("JOR/1", "phone", backed=False), *THREE]
    platform.tell(guesses)
    for alert in platform.of("LBN"):
        platform.answer(CONTACTS["LBN"], alert, "DISMISSED", "COINCIDENCE")
    platform.tell(guesses)
    platform.tell(THREE)
    lines = {line.audience: line for line in audit(platform.out, ())}
    assert (lines["JOR"].told, lines["JOR"].never_backed, lines["JOR"].open) == (1, 1, 0)
    assert lines["LBN"].dismissed_share == 1
    assert lines["MAR"].dismissed_share is None
    assert lines["analysts"].open == len(platform.out[ANALYSTS])
