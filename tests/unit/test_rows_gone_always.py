"""For every history of a register: the outbox says what the register says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.outbox import Outbox
from producers.rows import MappedRow, RejectedRow, Sighting
from tests.register import draft, events_in, open_outbox, rejected, row, seal_all
from tests.samples import ref

States = dict[int, str]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(0, 6), st.sampled_from(["WEB", "VISIT", "rejected"])),
        min_size=1,
        max_size=6,
    )
)
def test_after_every_complete_reading_the_outbox_says_what_the_register_says(
    tmp_path_factory: pytest.TempPathFactory, readings: list[States]
) -> None:
    """A row that is there and rejected says what it said before, if it did not go meanwhile."""
    outbox = open_outbox(tmp_path_factory.mktemp("rows") / "outbox.sqlite")
    says: States = {}
    for name, register in enumerate(readings):
        number = outbox.begin_reading("reports", str(name))
        rows: list[MappedRow | RejectedRow] = [
            rejected(str(key))
            if channel == "rejected"
            else row(str(key), draft(f"{key}", case_ref=ref(f"{key}"), channel=channel))
            for key, channel in register.items()
        ]
        if rows:
            outbox.record("reports", rows, "", Sighting(number, [b""] * len(rows)))
        outbox.withdraw_gone("reports", number)
        before = {key: channel for key, channel in says.items() if key in register}
        now = {key: channel for key, channel in register.items() if channel != "rejected"}
        says = before | now
        assert valid(outbox) == {(ref(f"{key}"), channel) for key, channel in says.items()}


def valid(outbox: Outbox) -> set[tuple[bytes, str]]:
    """Case and channel of every fact that holds."""
    for batch in seal_all(outbox):
        for event in events_in(batch):
            PUBLISHED.setdefault(outbox.path, {})[event["fact_ref"]] = event
    published = PUBLISHED.get(outbox.path, {}).values()
    return {(e["case_ref"], e["channel"]) for e in published if e["validation"] != "WITHDRAWN"}


PUBLISHED: dict[Path, dict[bytes, dict[str, object]]] = {}
