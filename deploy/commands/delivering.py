"""``southmed alerts deliver``: tells people by mail and webhook that there is something to see."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.commands.consume import TrustOption
from deploy.commands.health import HealthOption
from deploy.consume.trusting import LiveTrust
from deploy.delivery import lines
from deploy.delivery.book import Book, Entry
from deploy.delivery.plan import Outcome
from deploy.delivery.service import Delivery, Tried, check_secrets
from deploy.delivery.settings import load
from deploy.running import health, vitals
from deploy.running.guard import LoopGuard, beside
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    broker_at,
    out,
    print_json,
    run_until_stopped,
    table,
)
from schemas.log_lines import tell


def deliver(
    config: Annotated[
        Path,
        typer.Option("--config", envvar="SOUTHMED_DELIVERY", help="The settings, a YAML file."),
    ],
    broker: BrokerOption,
    trust: TrustOption,
    identity: IdentityOption = None,
    once: Annotated[bool, typer.Option("--once", help="Send what is due, then stop.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Try letters again that were refused for good.")
    ] = False,
    health_port: HealthOption = None,
    json: JsonOption = False,
) -> None:
    """Tells recipients of alerts by a link, and of nothing more; after a crash, goes on.

    With --once exits 3 if a letter was not taken.
    """
    if json and not once:
        raise typer.BadParameter("only with --once", param_hint="--json")
    settings, document = load(config), LiveTrust(trust)
    check_secrets(settings)
    document()
    book = Book(settings.book, settings.reader)
    try:
        delivery = Delivery(settings, book, broker_at(broker, identity), document)
        if again:
            book.try_refused_again(delivery.clock())
        if once:
            _once(delivery, json=json)
        else:
            _run(delivery, identity, health_port)
    finally:
        book.close()


def _run(delivery: Delivery, identity: Path | None, health_port: int | None) -> None:
    guard = LoopGuard()
    tell(lines.DELIVERY_STARTS, version=version("southmed"))
    guard.start()
    told = vitals.of_delivery(guard, delivery.meters, delivery.broker, identity)
    with health.serve(health_port, told):
        run_until_stopped(beside(guard.tick_forever(), delivery.run()))


def _once(delivery: Delivery, *, json: bool) -> None:
    tried = run_until_stopped(delivery.once())
    if tried is None:
        raise typer.Exit(Exit.FAILED)
    refused = delivery.book.refused()
    held = sum(len(delivery.book.waiting(r.name)) for r in delivery.settings.recipients)
    if json:
        print_json(
            {
                "tried": [_as_dict(one) for one in tried],
                "refused_before": [_entry(e) for e in refused if e.number not in _numbers(tried)],
                "held": held,
            }
        )
    else:
        rows = [
            (
                t.entry.letter.recipient,
                len(t.entry.letter.items),
                t.attempt.outcome.lower(),
                _why(t),
            )
            for t in tried
        ]
        out.print(table("Letters", ["recipient", "alerts#", "outcome", "answer"], rows))
        out.print(f"{held} wait for quiet hours to end or for a digest; refused: {len(refused)}")
    if any(one.attempt.outcome is not Outcome.SENT for one in tried):
        raise typer.Exit(Exit.PARTIAL)


def _numbers(tried: list[Tried]) -> set[int]:
    return {one.entry.number for one in tried}


def _why(tried: Tried) -> str:
    status, error = tried.attempt.status, tried.attempt.error
    return " ".join(filter(None, [str(status or ""), error]))


def _entry(entry: Entry) -> dict[str, Any]:
    alerts = [item.alert for item in entry.letter.items]
    return {"recipient": entry.letter.recipient, "letter": entry.letter.id, "alerts": alerts}


def _as_dict(tried: Tried) -> dict[str, Any]:
    return {**_entry(tried.entry), **tried.attempt._asdict()}
