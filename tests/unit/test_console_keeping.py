"""What the console remembers of people: until when, for whom, and what lies on its disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.security.keeping import FRESH, Keeping
from deploy.console.security.sessions import IDLE, LASTS

CONTENT = {"name": "vera"}
EARLIER = IDLE * FRESH
"""How much earlier idleness may end something."""


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """A session, and a clock beside it."""

    def __init__(self, path: Path | None = None) -> None:
        self.clock = Clock()
        self.keeping = Keeping(path, clock=self.clock)
        self.shown = self.keeping.put("session", CONTENT, LASTS, IDLE)

    def used_after(self, seconds: float, *, touch: bool = True) -> bool:
        self.clock.now += seconds
        return self.keeping.get("session", self.shown, touch=touch) == CONTENT


@given(st.lists(st.floats(0, IDLE - EARLIER - 1), max_size=40))
def test_what_is_used_stays_and_ends_when_it_was_to_end(gaps: list[float]) -> None:
    session, age = Watched(), 0.0
    for gap in gaps:
        age += gap
        assert session.used_after(gap) is (age < LASTS)


@given(st.lists(st.floats(0, 600), max_size=10), st.floats(IDLE, LASTS))
def test_what_nobody_uses_ends(gaps: list[float], silence: float) -> None:
    session = Watched()
    for gap in gaps:
        assert session.used_after(gap)
    assert not session.used_after(silence)


@given(st.integers(1, 40))
def test_a_look_is_no_use(looks: int) -> None:
    session = Watched()
    for look in range(1, looks + 1):
        ended = look * (IDLE / 20) >= IDLE
        assert session.used_after(IDLE / 20, touch=False) is not ended


def test_uses_that_follow_each_other_do_not_wait_for_the_disk(tmp_path: Path) -> None:
    session = Watched(tmp_path / "kept")
    with closing(sqlite3.connect(tmp_path / "kept")) as file:

        def written() -> float:
            return float(file.execute("select used from kept").fetchone()[0])

        before = written()
        assert all(session.used_after(1) for _ in range(int(EARLIER) - 1))
        assert written() == before
        assert session.used_after(1)
        assert written() == before + EARLIER


def test_the_file_opens_nothing(tmp_path: Path) -> None:
    session = Watched(tmp_path / "kept")
    secret = session.shown.rpartition(".")[0]
    assert secret.encode() not in (tmp_path / "kept").read_bytes()
    assert Keeping(tmp_path / "kept").get("session", session.shown) is None


@pytest.mark.parametrize("shown", ["", "x", "x.y", "\N{SNOWMAN}"])
def test_what_was_not_given_out_is_nothing(shown: str) -> None:
    session = Watched()
    assert session.keeping.get("session", shown) is None
    assert session.keeping.get("session", session.shown[:-1]) is None
    assert session.keeping.get("sign-in", session.shown) is None


def test_what_is_taken_is_gone() -> None:
    session = Watched()
    assert session.keeping.take("session", session.shown) == CONTENT
    assert session.keeping.take("session", session.shown) is None
    assert session.keeping.get("session", session.shown) is None
