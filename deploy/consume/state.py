"""Where a follower was: a small file, replaced whole, so that it is never half written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.consume.errors import StateInvalid
from deploy.consume.judge import Known


class State(BaseModel):
    """What a follower keeps.

    Attributes:
        southmed_consume: Version of this file's format.
        topic: Which topic it is of.
        next_offset: From where it goes on.
        known: What it knows of each key.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    southmed_consume: Literal[2] = 2
    topic: Literal["southmed.indicators.v1"] = "southmed.indicators.v1"
    next_offset: Annotated[int, Field(ge=0)] = 0
    known: dict[str, Known] = {}


def read_state(path: Path) -> State | None:
    """The state in a file, or None where there is none yet.

    Raises:
        StateInvalid: The file holds something else.
    """
    try:
        return State.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise StateInvalid(expected="a file that `southmed consume` wrote") from None


def write_state(path: Path, state: State) -> None:
    """Puts a state in the place of an older one, at once.

    Raises:
        StateInvalid: The file cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            file.write(state.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise StateInvalid(got=type(error).__name__) from None
