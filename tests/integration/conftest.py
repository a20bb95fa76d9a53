"""One site for each test, and one broker where it asks: nothing is shared, so nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from country_adapters import AUTHORITIES
from deploy.home import Site, init_site
from tests.integration.harness import EmbeddedScene, scene
from tests.integration.shell import southmed

__all__ = ["place", "southmed"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The keys of everyone; no broker."""
    return init_site(tmp_path / "site", AUTHORITIES, scheme="x25519")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[EmbeddedScene]:
    with scene(tmp_path / "site") as made:
        yield made
