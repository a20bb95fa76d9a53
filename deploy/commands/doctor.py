"""``southmed doctor``: whether all is as it should be, and what to do where it is not."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from deploy.doctor.examine import Question, examine
from deploy.doctor.findings import Finding, State, worst
from deploy.terminal import Exit, IdentityOption, JsonOption, err, out, print_json

SiteOption = Annotated[
    Path | None,
    typer.Option("--site", envvar="SOUTHMED_SITE", help="Folder of keys, outboxes, ledgers."),
]
BrokerOption = Annotated[
    str,
    typer.Option(
        "--broker",
        envvar="SOUTHMED_BROKER",
        help="Kafka servers, host:port,...; without them only this machine is looked at.",
    ),
]

_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red", State.SKIPPED: "dim"}
_ORDER = list(_STYLES)
_STATUSES = {State.FAIL: Exit.FAILED, State.WARN: Exit.PARTIAL}


def doctor(
    site: SiteOption = None,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    json: JsonOption = False,
) -> None:
    """Looks at certificates, keys, outbox, ledgers, disk, and the cluster as we may see it.

    Exits 0 if all is well, 3 if there are warnings only, 1 if something is wrong. Changes nothing.
    """
    with err.status("looking"):
        findings = examine(Question(site, broker, identity, time.time))
    state = worst(findings)
    if json:
        print_json({"state": state, "findings": [finding.as_dict() for finding in findings]})
    else:
        show(findings)
    exit_by(state)


def exit_by(state: State) -> None:
    """Ends with 1 for a fault, with 3 for a warning; does nothing if all is well."""
    if status := _STATUSES.get(state):
        raise typer.Exit(status)


def show(findings: Sequence[Finding]) -> None:
    """One line for all that is well with a thing, one for each thing that is not."""
    for (check, state), group in _grouped(findings).items():
        if state in (State.OK, State.SKIPPED):
            _line(state, check, _summary(group))
            continue
        for finding in group:
            _line(state, check, f"{finding.subject}: {finding.what}")
            out.print(f"{'':9}{'':22}{escape(finding.advice)}", style="italic", soft_wrap=True)
    counts = Counter(finding.state for finding in findings)
    out.print(", ".join(f"{counts[state]} {state}" for state in _STYLES))


def _grouped(findings: Sequence[Finding]) -> dict[tuple[str, State], list[Finding]]:
    """By check in the order of looking, and by state within a check."""
    checks = list(dict.fromkeys(finding.check for finding in findings))
    grouped: dict[tuple[str, State], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: (checks.index(f.check), _ORDER.index(f.state))):
        grouped.setdefault((finding.check, finding.state), []).append(finding)
    return grouped


def _summary(group: Sequence[Finding]) -> str:
    told = {finding.what for finding in group}
    if len(group) == 1:
        return f"{group[0].subject}: {group[0].what}"
    return f"{len(group)}: {told.pop()}" if len(told) == 1 else f"{len(group)} in order"


def _line(state: State, check: str, text: str) -> None:
    style = _STYLES[state]
    out.print(f"[{style}]{state:9}[/]{check:22}{escape(text)}", soft_wrap=True)
