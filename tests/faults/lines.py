"""Faults of the line between a party and the cluster: cut, slow and lossy."""

from __future__ import annotations

import asyncio

from deploy.reach import Reach
from tests.faults.network import Far
from tests.faults.stage import Stage

CUT_SECONDS = (8.0, 14.0)
TUNISIA = "tn.inltp"


def put_far(stage: Stage, name: str) -> Far:
    """Has a process run on the far side of the cable."""
    assert stage.far is not None
    plan = stage.place.cluster.plan
    stage.prefixes[name] = stage.far.prefix
    stage.reaches[name] = Reach(plan.far_servers, plan.identities)
    return stage.far


async def cut_adapter(stage: Stage) -> None:
    """The line between an adapter and the cluster is cut, twice."""
    far = put_far(stage, TUNISIA)
    stage.begin()
    await cut(stage, far, "line of an adapter cut")


async def cut_worker(stage: Stage) -> None:
    """The line between a worker and the cluster is cut, twice."""
    far = put_far(stage, "a")
    stage.begin()
    await cut(stage, far, "line of a worker cut")


async def cut(stage: Stage, far: Far, what: str) -> None:
    await stage.underway()
    for _ in range(2):
        far.cut()
        stage.did(what)
        await asyncio.sleep(stage.rng.uniform(*CUT_SECONDS))
        far.heal()
        await asyncio.sleep(stage.rng.uniform(1, 4))


async def slow(stage: Stage) -> None:
    """An adapter and a worker are on a slow line that loses packets."""
    far = put_far(stage, TUNISIA)
    put_far(stage, "a")
    how = far.worsen()
    try:
        stage.begin()
        stage.did(f"slow and lossy line ({how})")
        await stage.published()
    finally:
        far.restore()
