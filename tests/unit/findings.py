"""How the tests of the doctor look at findings."""

from __future__ import annotations

from collections.abc import Iterable

from deploy.doctor.findings import Finding, State

OK, WARN, FAIL = State.OK, State.WARN, State.FAIL


def faults(found: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.state in (WARN, FAIL)]


def states(found: Iterable[Finding]) -> set[State]:
    """The states of findings; whatever is not in order comes with advice."""
    findings = list(found)
    assert all(finding.advice for finding in faults(findings))
    return {finding.state for finding in findings}
