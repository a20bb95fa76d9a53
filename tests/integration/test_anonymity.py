"""A worker holds an authority to what it attests; operator and audit see what came of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.bench.log import Log, publish
from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import start_worker
from deploy.home import Site, init_site
from deploy.reach import Reach
from deploy.reconcile import LedgerTotals, read_totals
from deploy.terminal import broker_at
from processors.intake.errors import LedgerMissing
from schemas.trust import Anonymity
from tests.integration.harness import stop
from tests.integration.shell import Southmed
from tests.samples import TUNISIA, an_event, ref
from tests.unit.test_anonymity_commands import NINE, SOUND, world_of
from tests.unit.test_fold import following
from tests.world import TOPIC, sealed

pytestmark = pytest.mark.broker

AS_REGISTERED = an_event(victim_ref=ref("not through the gate"), fact_ref=ref("fact 0"))


def wait_for(site: Site, expected: LedgerTotals) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        with suppress(LedgerMissing):
            if read_totals(site.ledgers).get(TUNISIA) == expected:
                return
        time.sleep(0.3)
    raise AssertionError("the worker did not fold the log")


def test_what_comes_past_the_gate_is_refused_and_the_rest_is_as_attested(
    tmp_path: Path, southmed: Southmed
) -> None:
    site = init_site(tmp_path, {TUNISIA: "TUN"}, scheme="x25519", anonymity=Anonymity(k=5, l=2))
    world = world_of(site)
    first = sealed(*NINE, AS_REGISTERED, world=world, anonymity=[SOUND])
    past_the_gate = following(first, AS_REGISTERED, sequence=2, world=world)
    log = Log({TOPIC: [first.message, past_the_gate.message]}, events_a_batch=0)
    with EmbeddedBroker() as broker:
        asyncio.run(publish(log, broker_at(broker.servers)))
        worker = start_worker(site, Reach(broker.servers), "a", "--session-timeout", "6")
        try:
            wait_for(site, LedgerTotals(accepted=len(NINE), refused=2, batches=2))
        finally:
            stop(worker)
        told = southmed("intake", "anonymity", "--site", site.root, "--json")
        again = southmed("verify", "--site", site.root, "--broker", broker.servers, "--json")
    assert (told.status, told.json["as_attested"]) == (0, True)
    assert (again.status, again.json["agrees"]) == (0, True)
    assert again.json["anonymity"] == told.json["quarters"]
    (quarter,) = told.json["quarters"]
    assert quarter["counted"]["k"] == quarter["attested"]["k"] == 9
