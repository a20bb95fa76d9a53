"""``southmed bench``: what sealing, intake, tokens, memory, receipts and registers cost here."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from deploy.bench.figures import (
    FULL,
    QUICK,
    Extent,
    Figures,
    measure_all,
    measure_latency_on_kafka,
)
from deploy.commands.demo import BrokerKind
from deploy.terminal import JsonOption, out, print_json, progress, table


def bench(
    quick: Annotated[
        bool, typer.Option("--quick", help="A small run: whether it works, not how fast.")
    ] = False,
    broker: Annotated[
        BrokerKind,
        typer.Option("--broker", help="kafka: from publishing to the receipt on Apache Kafka."),
    ] = BrokerKind.EMBEDDED,
    nodes: Annotated[
        int, typer.Option("--nodes", min=1, max=3, help="Brokers of Apache Kafka.")
    ] = 1,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows", min=1, help="Rows of the registers that are read; a million if not given."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Measures and prints; it judges nothing. What is measured: `deploy.bench`, docs/figures.md."""
    extent = QUICK if quick else FULL
    extent = replace(extent, register_rows=rows or extent.register_rows)
    if broker is BrokerKind.KAFKA:
        _bench_kafka(extent, nodes, json=json)
        return
    with progress() as bars, tempfile.TemporaryDirectory(prefix="southmed-bench-") as folder:
        bar = bars.add_task("measuring", total=extent.steps, note="")

        def on_step(done: str) -> None:
            bars.update(bar, advance=1, note=done)

        figures = measure_all(Path(folder), extent, on_step)
    if json:
        print_json(figures.as_json())
    else:
        _show(figures)


def _bench_kafka(extent: Extent, nodes: int, *, json: bool) -> None:
    with progress() as bars, tempfile.TemporaryDirectory(prefix="southmed-bench-") as folder:
        bar = bars.add_task("measuring", total=extent.latency_events + 1, note="latency")
        measured = measure_latency_on_kafka(
            Path(folder), extent, nodes, lambda _: bars.update(bar, advance=1)
        )
    if json:
        print_json(measured)
        return
    latency = measured["latency"]
    rows = [(name, f"{latency[f'{name}_ms']:,.0f} ms") for name in ("p50", "p99")]
    title = f"Publish to receipt, Apache Kafka of {nodes} node(s)"
    out.print(table(title, ["figure", "measured#"], rows))


def _show(figures: Figures) -> None:
    out.print(
        table(
            "Sealing (processor time)",
            ["events a batch#", "µs an event#", "events a core-second#"],
            [
                (s.events_a_batch, f"{s.us_per_event:,.1f}", f"{s.events_per_core_second:,.0f}")
                for s in figures.sealing
            ],
        )
    )
    columns = ["events a batch#", "intake µs#", "a core-second#", "plain µs#", "ratio#"]
    rows = [
        (
            r.events_a_batch,
            f"{r.intake_us:,.1f}",
            f"{r.intake_events_per_core_second:,.0f}",
            f"{r.plain_us:,.1f}",
            f"{r.ratio:.2f}",
            f"{r.lowest:.2f}-{r.highest:.2f}",
            "" if r.target is None else f"{r.target:.0f}",
        )
        for r in figures.reading
    ]
    title = "Durable intake through Faust beside a plain loop (processor time an event)"
    out.print(table(title, [*columns, "rounds#", "at most#"], rows))
    out.print(
        table(
            "Counting alone: every event counted, what was before taken back (processor time)",
            ["indicators", "µs an event#", "events a core-second#", "cells an event#"],
            [
                (
                    c.indicators,
                    f"{c.us_per_event:,.1f}",
                    f"{c.events_per_core_second:,.0f}",
                    f"{c.cells_per_event:.1f}",
                )
                for c in figures.counting
            ],
        )
    )
    _show_linkage(figures)
    _show_registers(figures)
    _show_detecting(figures)
    memory, latency = figures.memory, figures.latency
    rest = [
        ("resident memory, per million events", f"{memory['resident_mib_per_million']:,.0f} MiB"),
        ("resident buffers of a ledger", f"{memory['buffers_mib']:,.0f} MiB"),
        ("ledger on disk, per million events", f"{memory['disk_mib_per_million']:,.0f} MiB"),
        ("publish to receipt, p50", f"{latency.p50_ms:,.0f} ms"),
        ("publish to receipt, p99", f"{latency.p99_ms:,.0f} ms"),
    ]
    out.print(table("Memory and latency", ["figure", "measured#"], rest))


def _show_linkage(figures: Figures) -> None:
    rows = [
        (
            c.step,
            f"{c.tokens_a_batch:,}",
            f"{c.us_per_token:,.0f}",
            f"{c.tokens_per_core_second:,.0f}",
        )
        for c in figures.linkage
    ]
    columns = ["step", "tokens a batch#", "µs a token#", "tokens a core-second#"]
    out.print(table("Linkage tokens, each side's step (processor time)", columns, rows))


def _show_registers(figures: Figures) -> None:
    rows = [
        (
            register.kind,
            f"{register.rows:,}",
            f"{register.events:,}",
            f"{register.rows_per_second:,.0f}",
            f"{register.rows_per_core_second:,.0f}",
            f"{register.bare_rows_per_second:,.0f}",
            f"{register.peak_mib:,.0f} MiB",
        )
        for register in figures.registers
    ]
    rates = ["rows/s#", "rows/core-s#", "bare rows/s#"]
    columns = ["register", "rows#", "events#", *rates, "memory#"]
    out.print(table("Reading a register into the outbox, beside a bare read", columns, rows))


def _show_detecting(figures: Figures) -> None:
    rows = [(each.detector, f"{each.us_per_step:,.1f}") for each in figures.detecting]
    title = "Detectors of series (processor time)"
    out.print(table(title, ["detector", "µs a step#"], rows))
