"""The rows of a register that stay home at present: where each stands and what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import asdict

from producers.rows import Problem, Recorded, RejectedRow, Rejection
from producers.streams import Streams


class Rejections(Streams):
    """The rejections in the file of the outbox."""

    def _reject(self, source: str, row: RejectedRow) -> Recorded:
        rejection = json.dumps(asdict(row.rejection), ensure_ascii=False)
        self._db.execute(
            "INSERT OR REPLACE INTO rejections VALUES (?, ?, ?)", (row.row_key, source, rejection)
        )
        return Recorded(rejected=1)

    def rejected_rows(self) -> int:
        """Number of rows that stay home at present."""
        count: int = self._db.execute("SELECT count(*) FROM rejections").fetchone()[0]
        return count

    def rejections(self) -> list[Rejection]:
        """The rows that stay home at present, in the order of their place."""
        rows = self._db.execute("SELECT rejection FROM rejections").fetchall()
        found = [_read_rejection(row["rejection"]) for row in rows]
        return sorted(found, key=lambda r: (r.table, [_natural(p) for p in r.row.split("!")]))


def _read_rejection(text: str) -> Rejection:
    document = json.loads(text)
    problems = tuple(Problem(**problem) for problem in document["problems"])
    return Rejection(document["table"], document["row"], problems)


def _natural(part: str) -> tuple[int, str]:
    """Sorts "2" before "10"."""
    digits = "".join(c for c in part if c.isdigit())
    return (int(digits or 0), part)
