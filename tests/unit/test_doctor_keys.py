"""What the doctor says of private files, of keys in trust, and of outboxes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from deploy.doctor import keys, outbox
from deploy.doctor.findings import Finding, State
from producers.standing import Standing
from schemas.errors import ChainGap
from schemas.keys import OpenKey, SigningKey
from schemas.trust import Authority, ByStream
from tests.samples import TUNISIA
from tests.unit.findings import FAIL, OK, WARN, faults, states
from tests.unit.test_doctor import NOW
from tests.world import World, a_world, trusted

# --- Private files and trust ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "secret", "expected"),
    [
        (0o100600, True, None),
        (0o100400, True, None),
        (0o100640, True, FAIL),
        (0o100604, True, FAIL),
        (0o100644, False, WARN),
        (0o040700, False, None),
        (0o040755, False, WARN),
    ],
)
def test_a_file_that_others_may_use(mode: int, secret: bool, expected: State | None) -> None:
    found = keys.judge_file("a.key", mode, secret=secret)
    assert (found.state if found else None) == expected
    assert found is None or "chmod" in found.advice


AT = dict.fromkeys(range(4), (1, 5))


def _signing(world: World) -> Finding:
    return keys.judge_signing_key(world.trust, TUNISIA, world.tunisia.keyid, AT)


TRUST: list[tuple[str, Callable[[World], World], str]] = [
    ("in force", lambda w: w, ""),
    (
        "retired in a stream",
        lambda w: w.with_key(w.tunisia, valid_to=ByStream(streams={2: (1, 4)})),
        "KEY_RETIRED",
    ),
    (
        "retired later",
        lambda w: w.with_key(w.tunisia, valid_to=ByStream(default=(1, 9))),
        "",
    ),
    (
        "compromised",
        lambda w: w.with_key(w.tunisia, compromised_from=ByStream(default=(1, 1))),
        "KEY_COMPROMISED",
    ),
    (
        "valid from later",
        lambda w: w.with_key(w.tunisia, valid_from=ByStream(default=(2, 1))),
        "KEY_NOT_YET_VALID",
    ),
    ("another's", lambda w: w.with_key(w.tunisia, owner="ma.cnclt"), "FOREIGN_KEY"),
]


@pytest.mark.parametrize(("_name", "change", "code"), TRUST, ids=[row[0] for row in TRUST])
def test_a_signing_key_is_judged_where_it_will_sign_next(
    _name: str, change: Callable[[World], World], code: str
) -> None:
    found = _signing(change(a_world()))
    assert found.state == (FAIL if code else OK)
    assert found.what.startswith(code or "in trust document")
    assert bool(found.advice) == bool(code)


def test_a_signing_key_that_nobody_lists() -> None:
    found = keys.judge_signing_key(
        a_world().trust, TUNISIA, SigningKey.generate("ed25519").keyid, AT
    )
    assert found.what.startswith("UNKNOWN_KEY")


RETIRED = {"valid_to": ByStream(default=(1, 3))}


def _opening(world: World) -> Finding:
    return keys.judge_opening_keys(world.trust, [world.opener.keyid])


def test_an_opening_key_in_force_retired_or_unknown() -> None:
    world = a_world()
    gone = [
        k.model_copy(update=RETIRED) if k.keyid == world.opener.keyid else k
        for k in world.trust.keys
    ]
    retired = world.trust.model_copy(update={"keys": gone})
    assert _opening(world).state == OK
    assert "retired" in keys.judge_opening_keys(retired, [world.opener.keyid]).what
    other = keys.judge_opening_keys(world.trust, [OpenKey.generate("x25519").keyid])
    assert other.what.startswith("UNKNOWN_KEY")
    assert keys.judge_sealing(world.trust) is None
    none = keys.judge_sealing(retired)
    assert none is not None
    assert none.state == FAIL


def test_a_receipt_key_in_force_compromised_or_anothers() -> None:
    world = a_world()
    assert keys.judge_receipt_key(world.trust, world.platform.keyid).state == OK
    entry = trusted(world.platform, "platform", "receipt")
    lost = entry.model_copy(update={"compromised_from": ByStream(default=(1, 1))})
    listed = [lost if k.keyid == lost.keyid else k for k in world.trust.keys]
    broken = world.trust.model_copy(update={"keys": listed})
    assert keys.judge_receipt_key(broken, world.platform.keyid).what.startswith("KEY_COMPROMISED")
    assert keys.judge_receipt_key(world.trust, world.tunisia.keyid).what.startswith("FOREIGN_KEY")


# --- The outbox ----------------------------------------------------------------------------------


def an_outbox(
    *,
    unsealed: int = 0,
    waited: timedelta | None = None,
    batches: dict[str, int] | None = None,
    events: dict[str, int] | None = None,
    epoch: int = 1,
) -> Standing:
    sealed = None if waited is None else int((NOW - waited).timestamp() * 1000)
    return Standing(
        authority=TUNISIA,
        epochs=dict.fromkeys(range(4), epoch),
        next_positions=dict.fromkeys(range(4), (epoch, 8)),
        unsealed=unsealed,
        pending=0 if waited is None else 3,
        accepted=28,
        oldest_pending=sealed,
        refused_batches=batches or {},
        refused_events=events or {},
    )


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (an_outbox(), {OK}),
        (an_outbox(waited=timedelta(minutes=1)), {OK}),
        (an_outbox(waited=timedelta(minutes=1), unsealed=7), {OK}),
        (an_outbox(unsealed=7), {WARN}),
        (an_outbox(waited=timedelta(hours=3)), {WARN}),
        (an_outbox(waited=timedelta(days=2)), {FAIL}),
        (an_outbox(events={"EVENT_INVALID": 2}), {WARN, OK}),
        (an_outbox(waited=timedelta(minutes=1), batches={"UNKNOWN_KEY": 1}), {FAIL, OK}),
    ],
)
def test_an_outbox(seen: Standing, expected: set[State]) -> None:
    assert states(outbox.judge_outbox(seen, NOW)) == expected


def test_a_refusal_comes_with_the_advice_of_its_code() -> None:
    seen = an_outbox(waited=timedelta(minutes=1), batches={"CHAIN_GAP": 1})
    (found,) = faults(outbox.judge_outbox(seen, NOW))
    assert found.advice == ChainGap.advice
    assert "docs/errors.md" in outbox.advice_of("A_CODE_OF_THE_FUTURE")


@pytest.mark.parametrize(
    ("here", "announced", "expected"), [(1, 1, OK), (3, 3, OK), (1, 2, WARN), (2, 1, FAIL)]
)
def test_an_outbox_and_the_trust_document_are_in_one_epoch(
    here: int, announced: int, expected: State
) -> None:
    authority = Authority(id=TUNISIA, country="TUN", epochs=dict.fromkeys(range(4), announced))
    assert states(outbox.judge_epochs(an_outbox(epoch=here), authority)) == {expected}
