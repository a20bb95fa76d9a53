"""What is expected of authorities: after how many days without a batch one is late, and silent.

One table says it, ``expectations.csv``: a row for each authority that agreed on something of its
own, and the row ``*`` for all others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from importlib.resources import files

from pydantic import ValidationError

from processors.quality.errors import ExpectationsInvalid
from schemas.quality import Expected

OTHERS = "*"
COLUMNS = ["authority", "late_after", "silent_after"]


class Expectations:
    """The table.

    Args:
        rows: What is expected, by authority; `OTHERS` among them.
    """

    def __init__(self, rows: Mapping[str, Expected]) -> None:
        self._rows = rows

    def of(self, authority: str) -> Expected:
        """What is expected of an authority."""
        return self._rows.get(authority, self._rows[OTHERS])

    @classmethod
    def parse(cls, text: str) -> Expectations:
        """Reads the table.

        Raises:
            ExpectationsInvalid: With the line that is wrong.
        """
        reader = csv.DictReader(io.StringIO(text))
        if reader.fieldnames != COLUMNS:
            raise ExpectationsInvalid(expected=f"the columns {', '.join(COLUMNS)}")
        rows: dict[str, Expected] = {}
        for row in reader:
            authority = row.pop("authority")
            if authority in rows:
                raise ExpectationsInvalid(got=f"line {reader.line_num}: an authority twice")
            try:
                rows[authority] = Expected.model_validate(row)
            except ValidationError:
                raise ExpectationsInvalid(
                    expected="days, first late and then silent", got=f"line {reader.line_num}"
                ) from None
        if OTHERS not in rows:
            raise ExpectationsInvalid(expected=f"a row {OTHERS}")
        return cls(rows)


def shipped() -> Expectations:
    """The table that southmed comes with."""
    return Expectations.parse(
        (files("processors.quality") / "expectations.csv").read_text(encoding="utf-8")
    )
