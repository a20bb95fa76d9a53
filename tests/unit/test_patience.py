"""Waiting for what may never answer."""

from __future__ import annotations

import threading

import pytest

from deploy.patience import within


def test_what_comes_in_time_is_returned_or_raised() -> None:
    assert within(5.0, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5.0, lambda: 1 // 0)


def test_what_does_not_come_is_given_up_and_keeps_nobody() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.05, never.wait)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "within")
    never.set()
