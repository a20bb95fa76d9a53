"""``adapter lint``, ``check`` and ``preview`` as a person or a program meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from country_adapters import REGISTERS
from tests.integration.shell import Southmed
from tests.unit.small_register import REGISTER, declare

# --- lint ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("register", REGISTERS.values())
def test_lint_finds_no_fault_in_a_shipped_register(southmed: Southmed, register: str) -> None:
    said = southmed("adapter", "lint", register, "--json")
    assert (said.status, said.json) == (0, {"register": register, "faults": []})
    assert southmed("adapter", "lint", register).out == "no fault found\n"


def test_lint_tells_every_fault_and_exits_with_1(southmed: Southmed, tmp_path: Path) -> None:
    wrong = REGISTER.replace("country: TUN", "country: FRA").replace("type: assistance.", "type: a")
    folder = declare(tmp_path, wrong)
    said = southmed("adapter", "lint", folder, "--json")
    assert said.status == 1
    assert [fault["line"] for fault in said.json["faults"]] == [2, 23, 28]
    assert {*said.json["faults"][0]} == {"file", "line", "key", "expected"}
    told = southmed("adapter", "lint", folder)
    assert told.status == 1
    assert f"{tmp_path.name}/register.yaml:2:country expected a reporting country" in told.out
    assert told.out.endswith("3 faults\n")


def test_lint_of_a_register_that_is_not_there_exits_with_1(southmed: Southmed) -> None:
    said = southmed("adapter", "lint", "atlantis")
    assert said.status == 1
    assert "no atlantis/register.yaml" in said.out
