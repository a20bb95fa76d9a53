"""What cannot be told from a list alone, as values.

A question has a place, under which its answer is kept and may be given beforehand, and a default
that leaves out rather than guesses. Whoever runs the suggestions passes in a function that answers;
``by_default`` is one, and it asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

IGNORE = "ignore"
LEAVE_OUT = "leave out"
Place = tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """Something to be decided.

    Attributes:
        place: Keys down to the answer in a file of answers.
        text: The question, for people; never the content of a cell.
        default: The answer if nobody answers.
        choices: The answers that there are; none means free text.
        doubtful: Whether it is worth asking a person; other answers may only be given beforehand.
    """

    place: Place
    text: str
    default: str
    choices: tuple[str, ...] = ()
    doubtful: bool = True


Decide = Callable[[Question], str]


def by_default(question: Question) -> str:
    """The default of every question."""
    return question.default


def answer_in(answers: Mapping[str, Any], place: Place) -> str | None:
    """The answer that a file of answers gives at a place, if any.

    Example:
        >>> answer_in({"tables": {"victims": {"case": "Dossier"}}}, ("tables", "victims", "case"))
        'Dossier'
    """
    found: Any = answers
    for key in place:
        found = found.get(key) if isinstance(found, Mapping) else None
    if found is None or isinstance(found, Mapping | list):
        return None
    return str(found).lower() if isinstance(found, bool) else str(found)


def with_answer(answers: Mapping[str, Any], place: Place, answer: str) -> dict[str, Any]:
    """The answers with one more."""
    key, *below = place
    inner = answers.get(key)
    if not below:
        return {**answers, key: answer}
    held = inner if isinstance(inner, Mapping) else {}
    return {**answers, key: with_answer(held, tuple(below), answer)}
