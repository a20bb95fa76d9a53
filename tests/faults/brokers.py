"""Faults of brokers: killed, halted, and more of them away than writes can do without."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from schemas.topics import CASES
from tests.faults.stage import Stage

AWAY = (4.0, 9.0)
"""Seconds for which a broker stays away."""


def leader(stage: Stage) -> int:
    """The node that leads the first partition of a case topic."""
    (topic,) = stage.place.cluster.ask(lambda admin: admin.describe_topics([CASES.name("TUN")]))
    number: int = topic["partitions"][0]["leader_id"]
    return number if number > 0 else any_node(stage)


def controller(stage: Stage) -> int:
    """The node that leads the quorum of controllers."""
    quorum = stage.place.cluster.ask(lambda admin: admin.describe_metadata_quorum())
    number: int = quorum["topics"][0]["partitions"][0]["leader_id"]
    return number


def any_node(stage: Stage) -> int:
    return stage.rng.choice(sorted(stage.place.cluster.nodes))


VICTIMS: dict[str, Callable[[Stage], int]] = {
    "the leader of a partition": leader,
    "the controller": controller,
    "any broker": any_node,
}


async def killed(stage: Stage) -> None:
    """The leader of a partition, the controller, any broker: killed, and back after a while."""
    stage.begin()
    await stage.underway()
    for name, choose in VICTIMS.items():
        number = await asyncio.to_thread(choose, stage)
        await asyncio.to_thread(stage.place.cluster.nodes[number].kill)
        stage.did(f"kill -9 of {name}")
        await asyncio.sleep(stage.rng.uniform(*AWAY))
        await restart(stage, number)


async def halted(stage: Stage) -> None:
    """The same, halted (SIGSTOP) and going on: connections stay open and nobody answers."""
    stage.begin()
    await stage.underway()
    for name, choose in VICTIMS.items():
        number = await asyncio.to_thread(choose, stage)
        node = stage.place.cluster.nodes[number]
        node.send(signal.SIGSTOP)
        stage.did(f"SIGSTOP of {name}")
        await asyncio.sleep(stage.rng.uniform(*AWAY) + 4)
        node.send(signal.SIGCONT)
        await asyncio.to_thread(stage.place.cluster.wait_until_up, number)


async def two_away(stage: Stage) -> None:
    """Two brokers are killed: writes stop, and say why, until one is back."""
    stage.begin()
    await stage.underway()
    first, second = stage.rng.sample(sorted(stage.place.cluster.nodes), 2)
    for number in (first, second):
        await asyncio.to_thread(stage.place.cluster.nodes[number].kill)
    stage.did("two of three brokers killed")
    await asyncio.sleep(25)
    assert not stage.all_published, "it finished without a majority of brokers"
    told = {event for name in stage.adapters for event in stage.events(name)}
    assert told & {"batches_not_taken", "broker_away"}, "no adapter said that writing has stopped"
    stage.did("writing stopped with a message")
    await restart(stage, first)
    await stage.published()
    await restart(stage, second)
    stage.did("went on with two of three")


async def restart(stage: Stage, number: int) -> None:
    """Starts a node again and waits until the cluster counts it as alive."""
    cluster = stage.place.cluster
    await asyncio.to_thread(cluster.start_node, number)
    await asyncio.to_thread(cluster.wait_until_up, number)
