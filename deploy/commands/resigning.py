"""``southmed release resign``: after the key of releases came into other hands."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.commands.release import BrokerOption, OutOption, publisher
from deploy.consume.judge import told_key
from deploy.home import kept_trust
from deploy.terminal import (
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    out,
    print_json,
    run_until_stopped,
    table,
)
from processors.release.resign import State, Verdict


def resign(
    site: SiteOption,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    to: OutOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be signed again.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Signs again, under the new key, what this site published under one that is compromised.

    The same bytes, so nothing is measured and nothing spent. Needs the trust document of before in
    platform/trust. Exits 3 if something on the topic is not what this site published.
    """
    place = publisher(site, broker, identity, to)
    work = place.press().resign(kept_trust(place.site), rehearse=dry_run)
    verdicts = run_until_stopped(work)
    if verdicts is None:
        raise typer.Exit(Exit.FAILED)
    refused = [verdict for verdict in verdicts if verdict.state == State.REFUSED]
    if json:
        print_json({"dry_run": dry_run, "releases": [_as_dict(verdict) for verdict in verdicts]})
    else:
        _tell(verdicts, dry_run=dry_run)
    if refused:
        raise typer.Exit(Exit.PARTIAL)


def _as_dict(verdict: Verdict) -> dict[str, str]:
    code = verdict.error.code if verdict.error else ""
    return {"key": told_key(verdict.key.encode()), "state": verdict.state, "code": code}


def _tell(verdicts: list[Verdict], *, dry_run: bool) -> None:
    found = [_as_dict(verdict) for verdict in verdicts]
    rows = [tuple(row.values()) for row in found if row["state"] != State.SOUND]
    if rows:
        title = "What would be signed again" if dry_run else "Signed again"
        out.print(table(title, ["release", "", "code"], rows))
    for advice in sorted({verdict.error.advice for verdict in verdicts if verdict.error}):
        out.print(advice, soft_wrap=True)
    counted = [f"{sum(v.state == state for v in verdicts)} {state}" for state in State]
    out.print(", ".join(counted))
