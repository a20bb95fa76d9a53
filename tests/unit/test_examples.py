"""Every example in a docstring comes out as it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

PACKAGES = ("schemas", "producers", "processors", "country_adapters", "deploy")
MODULES = [
    module.name
    for package in PACKAGES
    for module in pkgutil.walk_packages([package], f"{package}.")
    # These run when they are imported.
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("package", PACKAGES)
def test_examples_hold(package: str) -> None:
    results = [
        doctest.testmod(importlib.import_module(name))
        for name in MODULES
        if name.startswith(f"{package}.")
    ]
    assert sum(result.failed for result in results) == 0


def test_there_are_examples_to_try() -> None:
    sampler = importlib.import_module("processors.release.sampler")
    assert doctest.testmod(sampler).attempted > 3
