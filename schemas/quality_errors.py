"""What can be wrong with messages of quality."""

from __future__ import annotations

from schemas.errors import WireError


class QualityInvalid(WireError):
    """The value of a record is no message of quality."""

    code = "QUALITY_INVALID"
    summary = "not a message of quality"
    advice = "Ask the platform's operator which process wrote it."


class QualityMisplaced(WireError):
    """A message of quality stands under the key of another authority."""

    code = "QUALITY_MISPLACED"
    summary = "a message of quality stands under another key"
    advice = "Do not use it. Ask the platform's operator who wrote it."
