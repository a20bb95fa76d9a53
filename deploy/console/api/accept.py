"""Which of several media types somebody wants, by the ``Accept`` header of RFC 9110."""

from __future__ import annotations

from collections.abc import Sequence

from deploy.console.errors import NotAcceptable


def chosen(accept: str, offered: Sequence[str]) -> str:
    """The offer that is liked best; of those liked equally, the first.

    Args:
        accept: The header; empty for anything.
        offered: Media types, the one to prefer first.

    Raises:
        NotAcceptable: None of them is wanted.

    Example:
        >>> chosen("text/csv;q=0.9, */*;q=0.1", ["application/json", "text/csv"])
        'text/csv'
    """
    wanted = [_range(part) for part in accept.split(",") if part.strip()]
    liked = {offer: _quality(offer, wanted) if wanted else 1.0 for offer in offered}
    best = max(offered, key=liked.__getitem__)
    if liked[best] <= 0:
        raise NotAcceptable(expected=", ".join(offered))
    return best


def _range(part: str) -> tuple[str, float]:
    """A media range and how much it is wanted; what is odd about it is not wanted."""
    name, *parameters = (one.strip().lower() for one in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
    return name, quality if 0 <= quality <= 1 else 0.0


def _quality(offer: str, wanted: Sequence[tuple[str, float]]) -> float:
    """By the range that names it most closely."""
    kind = offer.partition("/")[0]
    for name in (offer, f"{kind}/*", "*/*"):
        found = [quality for one, quality in wanted if one == name]
        if found:
            return max(found)
    return 0.0
