"""How much an authority may ask of a trustee: a bucket that fills slowly, and written grants.

Whoever may ask for tokens without limit may guess numbers until one fits. So:

1. Every authority has a bucket of elements. It holds `BURST`, is full at the beginning, and gains
   `A_DAY` in a day. In any time, nobody gets more than a full bucket and what flowed in meanwhile.
2. More is given only by a grant that somebody at the trustee wrote down: how much, until when, and
   why. What is in the bucket goes first, then the grants, the one that ends soonest first.
3. A request is granted whole or not at all.
4. A clock that goes back fills nothing; one that jumps ahead fills the bucket once.

Counted in whole numbers, a `DAY_MS`-th of an element each, so that nothing is lost by rounding.

Example:
    >>> account = Account()
    >>> spent = account.take(1_000, (), now=0)
    >>> spent.left((), now=0), spent.left((), now=DAY_MS)
    (0, 200)
    >>> spent.take(1, (), now=0) is None
    True
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from processors.linkage.errors import TrusteeSettingsInvalid
from schemas.trust import AuthorityId

A_DAY = 200
BURST = 1_000
DAY_MS = 24 * 3600 * 1000
_FULL = BURST * DAY_MS


# --- Grants --------------------------------------------------------------------------------------


class Grant(BaseModel):
    """What somebody at the trustee wrote down.

    Attributes:
        authority: To whom.
        elements: How many elements, once.
        until: The last day on which it may be used (UTC).
        reason: Why, for those who look at it later.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    authority: AuthorityId
    elements: Annotated[int, Field(ge=1, le=10_000_000)]
    until: date
    reason: Annotated[str, Field(min_length=10)]

    @property
    def id(self) -> str:
        """What its use is booked under: a grant that is written anew is another one."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]


class Settings(BaseModel):
    """The trustee's settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grants: tuple[Grant, ...] = ()

    @field_validator("grants")
    @classmethod
    def _no_grant_twice(cls, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        if len({grant.id for grant in grants}) != len(grants):
            raise ValueError("the same grant twice: it would count once")
        return grants

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Reads the file.

        Raises:
            TrusteeSettingsInvalid: With the places that are wrong.
        """
        try:
            return cls.model_validate(yaml.safe_load(content) or {})
        except yaml.YAMLError:
            raise TrusteeSettingsInvalid(expected="YAML with a list of grants") from None
        except ValidationError as error:
            places = [".".join(map(str, e["loc"])) or e["type"] for e in error.errors()[:5]]
            raise TrusteeSettingsInvalid(
                expected="a list of grants", got="; ".join(places)
            ) from None


# --- Accounts ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """How an authority stands with a trustee.

    Attributes:
        drops: What is in the bucket, in `DAY_MS`-ths of an element.
        at: When that was so, in milliseconds since 1970.
        used: What was used of grants, by their ids.
    """

    drops: int = _FULL
    at: int = 0
    used: Mapping[str, int] = field(default_factory=dict)

    def left(self, grants: Iterable[Grant], now: int) -> int:
        """How many elements it may ask for at a time, with those grants."""
        granted = sum(left for _, left in self._grants(grants, now))
        return self._filled(now).drops // DAY_MS + granted

    def take(self, elements: int, grants: Iterable[Grant], now: int) -> Account | None:
        """The account after so many elements; None if there are not enough.

        Args:
            elements: How many.
            grants: The authority's own.
            now: Milliseconds since 1970.
        """
        filled, used = self._filled(now), dict(self.used)
        from_bucket = min(elements, filled.drops // DAY_MS)
        due = elements - from_bucket
        for id_, left in self._grants(grants, now):
            if taken := min(due, left):
                used[id_] = used.get(id_, 0) + taken
                due -= taken
        if due:
            return None
        return Account(filled.drops - from_bucket * DAY_MS, filled.at, used)

    def _filled(self, now: int) -> Account:
        flowed = max(0, now - self.at) * A_DAY
        return Account(min(_FULL, self.drops + flowed), max(self.at, now), self.used)

    def _grants(self, grants: Iterable[Grant], now: int) -> list[tuple[str, int]]:
        """The grants that hold, and what is left of each; the one that ends soonest first."""
        today = datetime.fromtimestamp(now / 1000, UTC).date()
        valid = sorted((g for g in grants if g.until >= today), key=lambda g: (g.until, g.id))
        left = [(grant.id, grant.elements - self.used.get(grant.id, 0)) for grant in valid]
        return [(id_, number) for id_, number in left if number > 0]
