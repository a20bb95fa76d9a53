"""One broker and one site for each test: nothing is shared, so nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.harness import EmbeddedScene, scene
from tests.integration.shell import southmed

__all__ = ["place", "southmed"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[EmbeddedScene]:
    with scene(tmp_path / "site") as made:
        yield made
