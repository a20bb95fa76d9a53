"""What a check has found, and what all findings together come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from schemas.errors import SouthmedError


class State(StrEnum):
    """How a thing stands, the worst last."""

    SKIPPED = "skipped"
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: Which check looked: a word or two that never change.
        state: How it stands.
        subject: What was looked at: a file, a topic, a principal.
        what: What was found.
        advice: What to do about it; empty where there is nothing to do.
    """

    check: str
    state: State
    subject: str
    what: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """For programs."""
        return {name: str(value) for name, value in asdict(self).items()}


def ok(check: str, subject: str, what: str) -> Finding:
    """All is well."""
    return Finding(check, State.OK, subject, what)


def warn(check: str, subject: str, what: str, advice: str) -> Finding:
    """Will be a fault if nothing is done, or may be one."""
    return Finding(check, State.WARN, subject, what, advice)


def fail(check: str, subject: str, what: str, advice: str) -> Finding:
    """A fault."""
    return Finding(check, State.FAIL, subject, what, advice)


def skipped(check: str, subject: str, why: str) -> Finding:
    """Not looked at."""
    return Finding(check, State.SKIPPED, subject, why)


def refused(check: str, subject: str, error: SouthmedError) -> Finding:
    """A fault that one of our own errors names."""
    return fail(check, subject, str(error), error.advice or f"See {error.code} in docs/errors.md.")


def worst(findings: Iterable[Finding]) -> State:
    """The worst state among findings; OK if there are none or all were skipped."""
    order = list(State)
    return max((f.state for f in findings), key=order.index, default=State.OK)


def attempt(check: str, subject: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Looks, and makes a finding of whatever keeps us from looking.

    Args:
        check: The check's name.
        subject: What is looked at.
        look: Gathers facts and judges them.
    """
    found: list[Finding] = []
    try:
        found.extend(look())
    except SouthmedError as error:
        found.append(refused(check, subject, error))
    # A check that cannot look may not hide the others, whatever the reason. The text of a foreign
    # error stays behind: nobody knows what it quotes.
    except Exception as error:
        what = f"could not be looked at: {type(error).__name__}"
        found.append(fail(check, subject, what, "Look at it by hand, then ask again."))
    return found
