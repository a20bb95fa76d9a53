"""The measurement itself works: a quick run ends and has every figure. No figure is judged."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

SIZES = [1, 10, 100, 1_000]


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    command = [sys.executable, "-m", "deploy.cli", "bench", "--quick", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def _numbers(figure: Any) -> Iterator[float]:
    if isinstance(figure, dict):
        for value in figure.values():
            yield from _numbers(value)
    elif isinstance(figure, list):
        for value in figure:
            yield from _numbers(value)
    elif isinstance(figure, (int, float)):
        yield figure


@pytest.mark.slow
@pytest.mark.broker
class TestQuickBench:
    def test_sealing_and_reading_are_measured_at_every_size(self, figures: dict[str, Any]) -> None:
        for kind in ("sealing", "reading"):
            assert [row["events_a_batch"] for row in figures[kind]] == SIZES

    def test_every_cost_is_a_number_above_zero(self, figures: dict[str, Any]) -> None:
        for row in figures["sealing"]:
            assert row["us_per_event"] > 0
            assert row["events_per_core_second"] > 0
        for row in figures["reading"]:
            assert min(row["intake_us"], row["plain_us"], row["lowest"]) > 0
            assert row["lowest"] <= row["ratio"] <= row["highest"]

    def test_targets_stand_beside_the_ratios_that_have_one(self, figures: dict[str, Any]) -> None:
        targets = {row["events_a_batch"]: row["target"] for row in figures["reading"]}
        assert targets == {1: 3.0, 10: None, 100: None, 1_000: 2.0}

    def test_every_detector_of_series_has_its_cost(self, figures: dict[str, Any]) -> None:
        assert len(figures["detecting"]) == 13
        assert all(row["us_per_step"] > 0 for row in figures["detecting"])

    def test_counting_by_the_first_rules_stands_beside_counting_by_all(
        self, figures: dict[str, Any]
    ) -> None:
        first, all_rules = figures["counting"]
        assert (first["indicators"], all_rules["indicators"]) == ("the first 21", "all 46")
        for row in (first, all_rules):
            assert row["us_per_event"] > 0
            assert row["events_per_core_second"] > 0
        assert 0 < first["cells_per_event"] < all_rules["cells_per_event"]

    def test_each_step_of_a_linkage_token_is_measured_alone_and_in_a_batch(
        self, figures: dict[str, Any]
    ) -> None:
        rows = {(row["step"], row["tokens_a_batch"]): row for row in figures["linkage"]}
        steps = {step for step, _ in rows}
        assert len(steps) == 4
        assert set(rows) == {(step, size) for step in steps for size in (1, 500)}
        for row in rows.values():
            assert row["us_per_token"] > 0
            assert row["tokens_per_core_second"] > 0

    def test_memory_and_latency_are_measured(self, figures: dict[str, Any]) -> None:
        memory, latency = figures["memory"], figures["latency"]
        assert memory["events"] > 0
        assert memory["disk_mib_per_million"] > 0
        assert {"buffers_mib", "resident_mib_per_million"} <= set(memory)
        assert 0 < latency["p50_ms"] <= latency["p99_ms"]

    def test_reading_a_register_is_measured_beside_a_bare_read(
        self, figures: dict[str, Any]
    ) -> None:
        assert [register["kind"] for register in figures["registers"]] == ["csv", "sql"]
        for register in figures["registers"]:
            assert register["rows"] == 2_000
            assert register["events"] > register["rows"]
            assert 0 < register["rows_per_second"] < register["bare_rows_per_second"]
            assert register["peak_mib"] > 0

    def test_nothing_is_infinite_or_not_a_number(self, figures: dict[str, Any]) -> None:
        assert all(math.isfinite(number) for number in _numbers(figures))

    def test_the_machine_is_named(self, figures: dict[str, Any]) -> None:
        assert set(figures["machine"]) == {"cores", "architecture", "system", "python"}
