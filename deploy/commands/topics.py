"""``southmed topics``: the contract's topics, rights and quotas on a live cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.patience import within
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    broker_at,
    err,
    out,
    print_json,
    table,
)
from deploy.topics.errors import ClusterUnreachable
from deploy.topics.live import admin_client, apply_changes, count_brokers, read_state
from deploy.topics.state import (
    Change,
    Grant,
    MakeTopic,
    Revoke,
    SetQuota,
    SetTopic,
    Told,
    difference,
    subject,
    wanted,
)

app = typer.Typer(help="Topics, rights and quotas as the contract says.", no_args_is_help=True)

PATIENCE = 120.0
"""Seconds in which a cluster has to answer everything."""
_WORDS: dict[type[Change], str] = {
    MakeTopic: "make topic",
    SetTopic: "set topic",
    Grant: "grant",
    Revoke: "revoke",
    SetQuota: "set quota",
    Told: "look at",
}


@app.callback()
def _topics() -> None:
    """Topics, rights and quotas as the contract says."""


@app.command()
def apply(
    broker: BrokerOption,
    identity: IdentityOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the difference only; exit 1 if there is one.")
    ] = False,
    replication: Annotated[
        int | None, typer.Option("--replication", min=1, help="Copies of each partition.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Makes a cluster what the contract says: topics, settings, rights, quotas.

    On the first day with a broker's identity, later with the operator's. Doing it again does
    nothing. What would do harm is only told (exit 3).
    """
    reached = broker_at(broker, identity)
    with err.status("looking at the cluster") as status:

        def work() -> list[Change]:
            with admin_client(reached) as admin:
                due = wanted(count_brokers(admin), replication)
                changes = difference(read_state(admin), due)
                if not dry_run:
                    apply_changes(admin, changes, lambda change: status.update(_line(change)))
                return changes

        try:
            changes = within(PATIENCE, work)
        except TimeoutError:
            silence = f"all answers within {PATIENCE:.0f} s"
            raise ClusterUnreachable(expected=silence) from None
    _show(changes, dry_run=dry_run, json=json)
    if dry_run and changes:
        raise typer.Exit(Exit.FAILED)
    if any(isinstance(change, Told) for change in changes):
        raise typer.Exit(Exit.PARTIAL)


def _show(changes: list[Change], *, dry_run: bool, json: bool) -> None:
    rows = [(_WORDS[type(change)], subject(change), str(change)) for change in changes]
    if json:
        names = ("change", "subject", "detail")
        told = [dict(zip(names, row, strict=True)) for row in rows]
        print_json({"applied": not dry_run, "changes": told})
        return
    if not changes:
        out.print("the cluster is as the contract says")
        return
    title = "What differs from the contract" if dry_run else "What was changed"
    out.print(table(title, ["", "subject", "detail"], rows))


def _line(change: Change) -> str:
    return f"{_WORDS[type(change)]} {subject(change)}"
