"""``southmed verify``: fold the whole log again and compare with the living ledgers."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

import typer

from deploy.anonymity import as_dict, as_table, look
from deploy.home import LiveSecrets, Site
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    broker_at,
    out,
    print_json,
    progress,
    run_until_stopped,
    table,
)
from processors.intake.audit import Divergence, Finding, audit
from processors.intake.ledger import newest_ledgers
from schemas.kafka import Broker


def verify(
    site: SiteOption,
    broker: BrokerOption,
    identity: IdentityOption = None,
    json: JsonOption = False,
) -> None:
    """Folds the whole log into empty ledgers and says whether the living ones are the same.

    Tells k and l of every quarter besides; `southmed intake anonymity` judges them.
    """
    findings = run_until_stopped(audit_site(Site(site), broker_at(broker, identity)))
    if findings is None:
        raise typer.Exit(Exit.FAILED)
    quarters = look(Site(site))
    if json:
        print_json(
            {
                "agrees": all(finding.agrees for finding in findings),
                "partitions": [asdict(finding) for finding in findings],
                "anonymity": [as_dict(quarter) for quarter in quarters],
            }
        )
    else:
        rows = [
            (f.topic.country, f.topic.partition, f.records, f.digest[:16], _tell(f.divergence))
            for f in findings
        ]
        columns = ["country", "partition#", "records#", "digest", "folded again"]
        out.print(table("Ledgers against the log", columns, rows))
        if quarters:
            out.print(as_table(quarters))
    if not all(finding.agrees for finding in findings):
        raise typer.Exit(Exit.FAILED)


async def audit_site(site: Site, broker: Broker) -> list[Finding]:
    """Audits every partition that a ledger holds."""
    ledgers = sorted(newest_ledgers(site.ledgers).items(), key=lambda item: str(item[1].name))
    findings = []
    secrets = LiveSecrets(site)
    with progress() as bars, tempfile.TemporaryDirectory() as scratch:
        bar = bars.add_task("folding", total=len(ledgers), note="")
        for topic, path in ledgers:
            bars.update(bar, note=path.name)
            findings.append(await audit(topic, path, Path(scratch) / path.name, broker, secrets.at))
            bars.advance(bar)
    return findings


def _tell(divergence: Divergence | None) -> str:
    if divergence is None:
        return "the same"
    if divergence.offset is None:
        return f"{divergence.altered} records were altered after they were written"
    batch = f"batch {divergence.epoch}/{divergence.sequence} of {divergence.authority or '?'}"
    return f"differs from offset {divergence.offset} on ({batch})"
