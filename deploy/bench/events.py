"""Invented events for measuring, in lifelike proportions.

A story is one case: a report and its screening, victims with what was done for them, suspects
with their proceedings. All its events have one case reference, so they go to one stream, and they
are told in the order of their months, so that a case's events lie apart as they would in life.
One identification in fifty is corrected. The same seed gives the same events.

The values of a field are drawn from its own code list, the first codes more often: only sizes and
proportions matter here. The registers of the demo (`deploy.registers`) are where stories are
invented with care.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Annotated, Any, get_args, get_origin

from deploy.registers.chance import pick
from schemas.areas import level_of_area, level_of_region
from schemas.case_events import EVENT_TYPES
from schemas.codec import decode, encode
from schemas.codelists import CodeOf, codelist
from schemas.topics import PARTITIONS

FIRST_YEAR, MONTHS = 2021, 36
REFERENCE_LENGTH = 16
COMMON_CODES = 12
"""So many codes of a list are drawn; the rest is too rare to matter."""

Draw = Callable[[Random], Any]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """An encoded event, with its stream and its month counted from the first."""

    stream: int
    month: int
    message: bytes


# --- Fields ---------------------------------------------------------------------------------------


def _draw_of(annotation: Any, metadata: list[Any]) -> Draw | None:
    """How a field's values are drawn; None for a field that a story fills itself."""
    if get_origin(annotation) is Annotated:
        inner, *markers = get_args(annotation)
        return _draw_of(inner, [*markers, *metadata])
    if get_origin(annotation) is list:
        item = _draw_of(get_args(annotation)[0], [])
        return None if item is None else lambda rng: _some(item, rng)
    for marker in metadata:
        if isinstance(marker, CodeOf):
            codes = marker.symbols[:COMMON_CODES]
            weights = {code: len(codes) - place for place, code in enumerate(codes)}
            return lambda rng: pick(rng, weights)
    return (lambda rng: rng.random() < 0.2) if annotation is bool else None


def _some(item: Draw, rng: Random) -> list[Any]:
    """One to three distinct codes; the code for "unknown" stands alone."""
    codes = list(dict.fromkeys(item(rng) for _ in range(rng.randint(1, 3))))
    return ["_U"] if "_U" in codes else codes


@cache
def _draws(event_type: str) -> Mapping[str, Draw]:
    fields = EVENT_TYPES[event_type].model_fields.items()
    found = {name: _draw_of(info.annotation, info.metadata) for name, info in fields}
    return {name: draw for name, draw in found.items() if draw is not None}


@cache
def _regions(country: str) -> tuple[str, ...]:
    return tuple(c for c in codelist("CL_REGION").codes if level_of_region(c, country) == "L1")


# --- Stories --------------------------------------------------------------------------------------


class _Story:
    """One case, and the events told of it so far."""

    def __init__(self, authority: str, country: str, rng: Random) -> None:
        self.rng = rng
        self.told: list[Told] = []
        self._month = rng.randrange(MONTHS)
        self._case: Fields = {
            "producer": authority,
            "country": country,
            "case_ref": rng.randbytes(REFERENCE_LENGTH),
            "region": rng.choice(_regions(country)),
            "region_level": "L1",
        }

    def chance(self, likelihood: float) -> bool:
        return self.rng.random() < likelihood

    def tell(self, event_type: str, **known: Any) -> Fields:
        """Tells an event, perhaps a month after the one before; `known` is not left to chance."""
        self._month = min(self._month + (self.rng.random() < 0.4), MONTHS - 1)
        year, month = divmod(self._month, 12)
        drawn = {name: draw(self.rng) for name, draw in _draws(event_type).items()}
        fields: Fields = {
            **drawn,
            **self._case,
            "event_id": self.rng.randbytes(REFERENCE_LENGTH),
            "fact_ref": self.rng.randbytes(REFERENCE_LENGTH),
            "period": f"{FIRST_YEAR + year}-{month + 1:02}",
            "supersedes": None,
            "revision": 0,
            "validation": "VALID",
            "conf_status": "F",
            "suppressed_fields": [],
            **known,
        }
        if "citizenship" in fields:
            fields["citizenship_level"] = level_of_area(fields["citizenship"])[0]
        stream = int.from_bytes(fields["case_ref"][:8], "big") % PARTITIONS
        self.told.append(Told(stream, self._month, encode(event_type, fields)))
        return fields

    def correct(self, event_type: str, before: Fields) -> None:
        again = {name: before[name] for name in before if name not in ("event_id", "period")}
        self.tell(event_type, **{**again, "supersedes": before["event_id"], "revision": 1})


def _case(story: _Story) -> None:
    story.tell("report.received")
    if story.chance(0.9):
        story.tell("report.triaged")
    if story.chance(0.4):
        story.tell("report.transmitted")
    for _ in range(pick(story.rng, {0: 30, 1: 40, 2: 18, 4: 12})):
        _victim(story)
    if story.chance(0.35):
        story.tell("justice.investigation_opened")
        for _ in range(story.rng.randint(1, 3)):
            _suspect(story)
    if story.chance(0.05):
        story.tell("cooperation.request")
    if story.chance(0.05):
        story.tell("network.intercepted")


def _victim(story: _Story) -> None:
    victim = {"victim_ref": story.rng.randbytes(REFERENCE_LENGTH)}
    person = story.tell("victim.presumed", **victim)
    if story.chance(0.7):
        described = {n: person[n] for n in ("sex", "age_band", "citizenship", "exploitation")}
        identified = story.tell("victim.identified", **victim, **described)
        if story.chance(0.02):
            story.correct("victim.identified", identified)
    if story.chance(0.55):
        story.tell("victim.referred", **victim)
        for _ in range(story.rng.randint(1, 4)):
            story.tell("assistance.provided", **victim)
    if story.chance(0.3):
        story.tell("assistance.closed", **victim)
    if story.chance(0.05):
        story.tell("victim.return", **victim)


def _suspect(story: _Story) -> None:
    suspect = {"suspect_ref": story.rng.randbytes(REFERENCE_LENGTH)}
    for stage, likelihood in (("SUSPECT", 1.0), ("PROSEC", 0.6), ("CONV1", 0.5)):
        if not story.chance(likelihood):
            return
        story.tell("justice.person_stage", **suspect, stage=stage)
    story.tell("justice.sentence", **suspect)


def _training(story: _Story) -> None:
    women, men = story.rng.randint(3, 20), story.rng.randint(2, 20)
    participants = {"participants_f": women, "participants_m": men}
    total = women + men
    story.tell("training.delivered", **participants, participants_total=total, hours=12)


def stories(authority: str, country: str, seed: int) -> Iterator[list[Told]]:
    """The stories of an authority, one after the other, without end.

    Args:
        authority: The authority id.
        country: Its country (alpha-3).
        seed: The same seed gives the same stories.
    """
    rng = Random(f"{authority} {seed}")  # noqa: S311 - invented events, no secrets
    while True:
        story = _Story(authority, country, rng)
        (_training if story.chance(0.05) else _case)(story)
        yield story.told


def is_case(story: list[Told]) -> bool:
    """Whether a story is a case, and not a training."""
    return decode(story[0].message).subject != "training.delivered"
