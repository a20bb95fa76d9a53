"""The quota: whatever is asked and whenever, never more than a full bucket and what flowed in."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.linkage.errors import TrusteeSettingsInvalid
from processors.linkage.quota import A_DAY, BURST, DAY_MS, Account, Grant, Settings
from tests.unit.trustees import NOON, TUNISIA

YEAR_MS = 365 * DAY_MS
asking = st.lists(
    st.tuples(st.integers(0, 20 * DAY_MS), st.integers(1, BURST + 200)), min_size=1, max_size=60
)


@given(asking)
def test_in_any_time_nobody_gets_more_than_a_bucket_and_what_flowed_in(
    asked: list[tuple[int, int]],
) -> None:
    account, now, given_out = Account(), NOON, list[tuple[int, int]]()
    for wait, elements in asked:
        now += wait
        spent = account.take(elements, (), now)
        if spent is not None:
            account = spent
            given_out.append((now, elements))
        else:
            assert elements > account.left((), now)
    for first, (since, _) in enumerate(given_out):
        total = 0
        for until, elements in given_out[first:]:
            total += elements
            assert total * DAY_MS <= BURST * DAY_MS + (until - since) * A_DAY


@given(asking)
def test_what_is_left_is_what_can_be_taken(asked: list[tuple[int, int]]) -> None:
    account, now = Account(), NOON
    for wait, elements in asked:
        now += wait
        left = account.left((), now)
        assert 0 <= left <= BURST
        assert account.take(left + 1, (), now) is None
        if (spent := account.take(min(elements, left), (), now)) is not None:
            assert spent.left((), now) == left - min(elements, left)
            account = spent


@given(st.lists(st.integers(-YEAR_MS, YEAR_MS), max_size=30))
def test_a_clock_that_goes_to_and_fro_fills_the_bucket_no_more_than_the_way_forward(
    jumps: list[int],
) -> None:
    account = Account().take(BURST, (), NOON)
    now, furthest, total = NOON, NOON, 0
    for jump in jumps:
        assert account is not None
        now += jump
        furthest = max(furthest, now)
        left = account.left((), now)
        account, total = account.take(left, (), now), total + left
    assert total * DAY_MS <= (furthest - NOON) * A_DAY


@given(st.lists(st.integers(1, 400), max_size=30), st.lists(st.integers(1, 900), max_size=3))
def test_grants_give_exactly_what_was_written(asked: list[int], written: list[int]) -> None:
    grants = [
        Grant(authority=TUNISIA, elements=number, until=date(2026, 8, day), reason="A register.")
        for day, number in enumerate(written, start=1)
    ]
    account, total, allowed = Account(), 0, BURST + sum(written)
    for elements in asked:
        spent = account.take(elements, grants, NOON)
        assert (spent is None) == (total + elements > allowed)
        if spent is not None:
            account, total = spent, total + elements
    assert account.left(grants, NOON) == allowed - total


def test_the_grant_that_ends_first_is_used_first() -> None:
    later = Grant(authority=TUNISIA, elements=9, until=date(2026, 9, 1), reason="The later one.")
    sooner = Grant(authority=TUNISIA, elements=9, until=date(2026, 8, 1), reason="The sooner one.")
    account = Account().take(BURST + 5, [later, sooner], NOON)
    assert account is not None
    assert account.used[sooner.id] == 5
    assert account.left([later, sooner], NOON) == 13


def test_a_grant_holds_to_the_end_of_its_last_day() -> None:
    grant = Grant(authority=TUNISIA, elements=9, until=date(2026, 8, 1), reason="One register.")
    midnight = int(datetime(2026, 8, 2, tzinfo=UTC).timestamp() * 1000)
    assert Account().left([grant], midnight - 1) == BURST + 9
    assert Account().left([grant], midnight) == BURST


# --- The settings file ---------------------------------------------------------------------------

GOOD = b"""
grants:
  - authority: tn.inltp
    elements: 5000
    until: 2026-12-31
    reason: Six years of the register, letter 14/2026.
"""


def test_a_grant_is_four_lines_of_yaml() -> None:
    (grant,) = Settings.parse(GOOD).grants
    assert (grant.authority, grant.elements, grant.until) == (TUNISIA, 5000, date(2026, 12, 31))


@pytest.mark.parametrize("content", [b"", b"# none yet\n", b"grants: []\n"])
def test_a_file_without_grants_is_none(content: bytes) -> None:
    assert Settings.parse(content).grants == ()


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (GOOD.replace(b"reason:", b"because:"), "grants.0.reason"),
        (GOOD.replace(b"5000", b"-1"), "grants.0.elements"),
        (GOOD.replace(b"5000", b"lots"), "grants.0.elements"),
        (GOOD.replace(b"tn.inltp", b"everybody"), "grants.0.authority"),
        (GOOD.replace(b"2026-12-31", b"whenever"), "grants.0.until"),
        (GOOD.replace(b"Six years of the register, letter 14/2026.", b"ok"), "grants.0.reason"),
        (GOOD + GOOD[8:], "grants"),
        (GOOD.replace(b"grants:", b"grant:"), "grant"),
        (b"a: b: c", "YAML"),
        (b"- 1", "model"),
    ],
)
def test_a_settings_file_that_is_wrong_says_where(content: bytes, place: str) -> None:
    with pytest.raises(TrusteeSettingsInvalid, match=place):
        Settings.parse(content)
