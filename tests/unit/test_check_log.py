"""A ledger is held against its log whenever a worker takes up a partition."""

from __future__ import annotations

import pytest

from processors.intake.errors import LogReplaced, LogTrimmed, check_log

CASES = [
    # first offset, end of the log, next offset of the ledger, what is wrong
    (0, 0, 0, None),
    (0, 9, 0, None),
    (0, 9, 9, None),
    (3, 9, 3, None),
    (3, 9, 2, LogTrimmed),
    (1, 1, 0, LogTrimmed),
    (0, 8, 9, LogReplaced),
    (0, 0, 1, LogReplaced),
]


@pytest.mark.parametrize(("first", "end", "folded", "wrong"), CASES)
def test_a_log_that_was_cut_or_made_anew_is_noticed(
    first: int, end: int, folded: int, wrong: type[Exception] | None
) -> None:
    if wrong is None:
        check_log(first, end, folded=folded)
        return
    with pytest.raises(wrong):
        check_log(first, end, folded=folded)
