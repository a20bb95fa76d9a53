"""For any history of a register, the ledger ends with what the register says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from producers.outbox import Outbox
from producers.rows import (
    MappedRow,
)
from tests.register import (
    draft,
    open_outbox,
    rejected,
    row,
    seal_all,
    standing,
)
from tests.samples import (
    ref,
)
from tests.world import (
    Platform,
    a_world,
    code_of,
)

# --- For any history -----------------------------------------------------------------------------

CHANNELS = st.sampled_from(["HOTLINE", "VISIT", "WEB"])
STATES = st.dictionaries(st.sampled_from("abc"), CHANNELS, max_size=3)
"""What a row says: for each fact its channel."""
Step = tuple[str, int, dict[str, str]]
STEPS = st.tuples(
    st.sampled_from(["state", "state", "reject", "seal", "restart", "receive", "lose"]),
    st.sampled_from([1, 2]),
    STATES,
)


def _rows(number: int, state: dict[str, str]) -> MappedRow:
    return row(
        str(number),
        *(
            draft(f"{number}{fact}", case_ref=ref(f"{number}{fact}"), channel=channel)
            for fact, channel in state.items()
        ),
    )


class History:
    """A register, its outbox, and the platform that takes what is published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.register: dict[int, dict[str, str]] = {}
        self.platform = Platform()
        self.epoch = 1
        self.outbox = self._open()

    def _open(self) -> Outbox:
        return open_outbox(self.folder / f"outbox {self.epoch}")

    def state(self, number: int, says: dict[str, str]) -> None:
        self.register[number] = says
        self.outbox.record("reports", [_rows(number, says)], "1")

    def reject(self, number: int, _says: dict[str, str]) -> None:
        """The row cannot be mapped for a while; what it published stays."""
        self.outbox.record("reports", [rejected(str(number))], "1")

    def seal(self, *_: object) -> None:
        seal_all(self.outbox)

    def restart(self, *_: object) -> None:
        self.outbox = self._open()

    def receive(self, *_: object) -> None:
        for batch in self.outbox.pending(0):
            outcome = self.platform.take(batch.message)
            assert outcome.receipt is not None
            assert code_of(outcome) == "ACCEPTED"
            assert outcome.receipt.entries[0].refused == ()
            self.outbox.accept(0, batch.epoch, batch.sequence, [])

    def lose(self, *_: object) -> None:
        """The disk is gone: a new outbox, a new epoch, and the register read again."""
        self.publish()
        self.epoch += 1
        self.platform.world = a_world().with_epoch(self.epoch)
        self.outbox = self._open()
        self.outbox.open_epoch(0, self.epoch)
        for number, says in self.register.items():
            self.state(number, says)

    def publish(self) -> None:
        self.seal()
        self.receive()


A, NONE, B = {"a": "WEB"}, dict[str, str](), {"a": "VISIT"}
BACK: list[Step] = [("state", 1, A), ("state", 1, NONE), ("state", 1, A)]


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=14))
@example(BACK)
@example([BACK[0], ("seal", 1, NONE), BACK[1], ("receive", 1, NONE), BACK[2]])
@example([("state", 1, A), ("state", 1, B), ("lose", 1, NONE)])
@example([("state", 1, A), ("state", 1, B), ("lose", 1, NONE), ("state", 1, A)])
@example([*BACK, ("lose", 1, NONE), ("state", 1, NONE)])
def test_whatever_rows_said_the_ledger_ends_with_what_they_say(steps: list[Step]) -> None:
    """For any history of rows, sealings, restarts, receipts and losses of the outbox."""
    with TemporaryDirectory() as folder:
        history = History(Path(folder))
        for what, number, says in steps:
            getattr(history, what)(number, says)
        history.publish()
    facts = sorted(
        (ref(f"{number}{fact}").hex(), channel)
        for number, says in history.register.items()
        for fact, channel in says.items()
    )
    assert standing(history.platform) == facts
    cells = history.platform.cells.items()
    assert sum(n for cell, n in cells if cell[0] == "REP_N" and "-Q" in cell[2]) == len(facts)
