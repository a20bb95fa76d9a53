"""Headers that name a victim or a reporter: no identifier is ever taken from such a column.

Whoever declares a column of identifiers says that they are a facilitator's (``of: facilitator``),
and that word counts. A header that says otherwise is caught here, by the beginnings of words in
``protected_headers.csv``; in Arabic also behind an article or a preposition.
"""

from __future__ import annotations

import re
from functools import cache

from country_adapters.kit.identifiers.value import rows_of
from country_adapters.kit.text import fold


def names_protected(header: str) -> bool:
    """Whether a header names a victim or a reporter.

    Example:
        >>> names_protected("Victime / Téléphone"), names_protected("Téléphone du recruteur")
        (True, False)
    """
    return bool(_pattern().search(fold(header)))


@cache
def _pattern() -> re.Pattern[str]:
    stems = [(row["language"], fold(row["stem"])) for row in rows_of("protected_headers.csv")]
    before = {"ar": r"(?<!\S)(?:[وبل]?ال|لل|[وبل])?"}
    return re.compile(
        "|".join(
            before.get(language, r"(?<!\S)") + stem + (r"(?!\S)" if language == "HTCDS" else "")
            for language, stem in stems
        )
    )
