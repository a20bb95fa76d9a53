"""When a recipient may be told: quiet hours and digests, by the clock on the recipient's wall.

The rules:

1. An instant is quiet if the wall shows a quiet time or a quiet day at it. Where the clock goes
   back and an hour comes twice, it is quiet twice; of an hour that is left out nothing is quiet.
2. A digest is sent at the first instant at which the wall shows its time or a later one: where that
   time is left out, right when the clock jumps; where it comes twice, the first time only.
3. What would go out in quiet hours goes out when they end.

Instants are seconds since 1970; only this module knows of zones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Instant = int
"""Seconds since 1970."""

DAY = 24 * 3600
_MIDNIGHT = time(0)
_AHEAD = 9
"""Days within which any quiet time ends, and any digest is due."""


@dataclass(frozen=True)
class Quiet:
    """Times in which nothing is sent.

    Attributes:
        begins: Local time of every day from which it is quiet.
        ends: Local time from which it is not, on the next day if that is not later; None of both
            where only days are quiet.
        days: Days of the week that are quiet throughout, Monday being 0.
    """

    begins: time | None = None
    ends: time | None = None
    days: frozenset[int] = frozenset()

    def holds(self, wall: datetime) -> bool:
        """Whether it is quiet when the wall shows this.

        Example:
            >>> night = Quiet(time(20), time(7))
            >>> [night.holds(datetime(2026, 7, 1, hour)) for hour in (6, 7, 19, 20)]
            [True, False, False, True]
        """
        if wall.weekday() in self.days:
            return True
        if self.begins is None or self.ends is None:
            return False
        now = wall.time()
        if self.begins < self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends


@dataclass(frozen=True)
class Digest:
    """When what was gathered is sent.

    Attributes:
        at: Local time; None for at once.
        weekday: On which day of the week, Monday being 0; None for every day.
    """

    at: time | None = None
    weekday: int | None = None


@dataclass(frozen=True)
class Hours:
    """When somebody may be told.

    Attributes:
        zone: Whose clock.
        quiet: When not.
        digest: When.

    Example:
        >>> tunis = Hours(ZoneInfo("Africa/Tunis"), Quiet(time(20), time(7)))
        >>> late = int(datetime(2026, 7, 1, 21, 30, tzinfo=UTC).timestamp())
        >>> datetime.fromtimestamp(tunis.due(late), UTC).isoformat()
        '2026-07-02T06:00:00+00:00'
    """

    zone: ZoneInfo
    quiet: Quiet = Quiet()
    digest: Digest = Digest()

    def due(self, since: Instant) -> Instant:
        """When something that is known since then is to be sent."""
        return self.open_from(self._gathered_until(since))

    def open_from(self, instant: Instant) -> Instant:
        """The first instant, from this one on, that is not quiet."""
        if not self.is_quiet(instant):
            return instant
        ends = [_MIDNIGHT, *([self.quiet.ends] if self.quiet.ends else [])]
        candidates = sorted(self._instants(instant, ends))
        return next(c for c in candidates if c >= instant and not self.is_quiet(c))

    def is_quiet(self, instant: Instant) -> bool:
        """Whether nothing may be sent at an instant."""
        return self.quiet.holds(_wall(instant, self.zone))

    def _gathered_until(self, since: Instant) -> Instant:
        if self.digest.at is None:
            return since
        return min(at for at in self._digests(since) if at >= since)

    def _digests(self, since: Instant) -> Iterator[Instant]:
        for day in _days(_wall(since, self.zone).date()):
            if self.digest.weekday in (None, day.weekday()):
                yield min(_showing(day, self.digest.at or _MIDNIGHT, self.zone))

    def _instants(self, near: Instant, times: list[time]) -> Iterator[Instant]:
        for day in _days(_wall(near, self.zone).date()):
            for at in times:
                yield from _showing(day, at, self.zone)


def _days(around: date) -> Iterator[date]:
    return (around + timedelta(days=n) for n in range(-1, _AHEAD))


def _wall(instant: Instant, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).replace(tzinfo=None)


def _showing(day: date, at: time, zone: ZoneInfo) -> tuple[Instant, ...]:
    """The instants at which the wall begins to show a time: one, two, or when the clock jumps."""
    wall = datetime.combine(day, at)
    first, second = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    if first == second:
        return (first,)
    if first < second:
        return (first, second)
    return (_jump(second, first, zone),)


def _jump(before: Instant, after: Instant, zone: ZoneInfo) -> Instant:
    """The instant between two at which the clock jumps."""
    offset = _offset(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(instant: Instant, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(instant, zone).utcoffset()
