"""Metrics: closed labels, and the numbers of what really happened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.documents.logs_and_metrics import METRICS
from processors.intake.fold import Record
from processors.intake.metrics import IntakeMeters
from processors.intake.worker import Intake, Settings
from producers.metrics import PublisherMeters
from producers.outbox import Outbox
from schemas.kafka import Broker
from schemas.metrics import OTHER, Meters, Metric, label_values
from schemas.topics import CaseTopic
from tests.integration.publishing import ID_KEY, report, seal_each
from tests.samples import TUNISIA, an_event
from tests.world import TOPIC, a_chain, a_world, sealed

ALL = [metric for table in METRICS.values() for metric in table]
DEMO = Metric("demo_total", "counter", ("country", "code"), "A demonstration.")


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_declared_metric_is_sound(metric: Metric) -> None:
    assert re.fullmatch(r"southmed_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert set(metric.labels) <= set(label_values())
    assert metric.meaning.endswith(".")


def test_no_label_can_say_more_than_a_few_things() -> None:
    assert {name: len(values) < 100 for name, values in label_values().items()} == dict.fromkeys(
        label_values(), True
    )


@given(country=st.text(), code=st.text())
def test_whatever_a_label_is_given_only_its_values_come_out(country: str, code: str) -> None:
    registry = CollectorRegistry()
    Meters([DEMO], registry).count(DEMO, country=country, code=code)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    labels = [sample.labels for family in families for sample in family.samples]
    assert labels
    for name, allowed in label_values().items():
        assert {found[name] for found in labels if name in found} <= {OTHER, *allowed}


async def test_a_worker_counts_what_it_folds(tmp_path: Path) -> None:
    world, meters = a_world(), IntakeMeters()
    settings = Settings(
        Broker("127.0.0.1:1"), tmp_path, lambda: world.secrets, world.platform, meters=meters
    )
    intake = Intake(settings)
    batches = [batch.message for batch in a_chain(3)]
    for offset, message in enumerate([*batches, batches[0]]):
        await intake.take(Record(TOPIC, offset, message), lambda _: None)
    refused = sealed(an_event(), stream=1).message
    await intake.take(Record(TOPIC, 9, refused), lambda _: None)
    intake.close()

    place = {"country": "TUN", "partition": "0"}
    value = meters.registry.get_sample_value
    assert value("southmed_intake_records_total", {**place, "state": "ACCEPTED"}) == 3
    assert value("southmed_intake_records_total", {**place, "state": "DUPLICATE"}) == 1
    counted = value("southmed_intake_events_total", {"country": "TUN", "state": "ACCEPTED"})
    assert counted == 3
    assert value("southmed_intake_seeks_total", place) == 1
    assert value("southmed_intake_fold_seconds_count") == 4
    assert (value("southmed_intake_last_progress_timestamp_seconds") or 0) > 1.7e9


def test_a_partition_that_was_given_away_is_no_longer_told_of() -> None:
    meters, other = IntakeMeters(), CaseTopic("MAR", 3)
    value = meters.registry.get_sample_value
    place = {"country": "TUN", "partition": "0"}
    meters.seen(reachable=True, places={TOPIC: (7, 10), other: (0, 0)})
    assert value("southmed_intake_lag_records", place) == 3
    assert value("southmed_intake_next_offset", place) == 7
    meters.seen(reachable=True, places={other: (1, 1)})
    assert value("southmed_intake_lag_records", place) is None
    assert value("southmed_intake_next_offset", place) is None
    assert value("southmed_intake_partitions_assigned") == 1


def test_a_broker_that_is_away_leaves_the_rest_as_it_was() -> None:
    meters = IntakeMeters()
    meters.seen(reachable=True, places={TOPIC: (7, 10)})
    meters.seen(reachable=False, places={})
    value = meters.registry.get_sample_value
    assert value("southmed_broker_reachable") == 0
    assert value("southmed_intake_partitions_assigned") == 1


def test_the_age_of_the_queue_is_that_of_its_oldest_batch(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", authority=TUNISIA, streams=1, id_key=ID_KEY)
    meters, stream = PublisherMeters(), {"stream": "0"}

    def told(name: str) -> float | None:
        return meters.registry.get_sample_value(f"southmed_publisher_{name}", stream)

    meters.look(outbox, 100.0)
    assert (told("batches_pending"), told("oldest_pending_seconds")) == (0, 0)
    seal_each(outbox, a_world(), 1)
    meters.look(outbox, 105.0)
    seal_each(outbox, a_world(), 1, start=1)
    report(outbox, 2)
    meters.look(outbox, 110.0)
    assert (told("batches_pending"), told("oldest_pending_seconds")) == (2, 5)
    assert told("events_unsealed") == 1
    outbox.accept(0, 1, 1, [])
    meters.look(outbox, 117.0)
    assert (told("batches_pending"), told("oldest_pending_seconds")) == (1, 7)
    outbox.close()


def test_an_outbox_tells_of_receipts_refusals_and_rows_that_stay_home(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", authority=TUNISIA, streams=1, id_key=ID_KEY)
    meters = PublisherMeters()
    value = meters.registry.get_sample_value
    meters.look(outbox, 100.0)
    assert str(value("southmed_publisher_since_receipt_seconds")) == "nan"
    meters.heard(103.0)
    meters.refused(["EVENT_INVALID", "EVENT_INVALID", "Zaynab Fictive"])
    meters.look(outbox, 110.0)
    assert value("southmed_publisher_since_receipt_seconds") == 7
    name = "southmed_publisher_events_refused_total"
    assert value(name, {"code": "EVENT_INVALID"}) == 2
    assert value(name, {"code": OTHER}) == 1
    assert value("southmed_adapter_rows_rejected") == 0
    outbox.close()
