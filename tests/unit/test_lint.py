"""Lint: every fault of a declaration at once, each with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from country_adapters.kit.errors import DeclarationInvalid
from country_adapters.kit.lint import lint
from country_adapters.kit.register import SHIPPED, load_register
from tests.unit.small_register import CODES, REGISTER, declare
from tests.unit.test_declarations import WRONG_DECLARATIONS


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("country", ["tunisia", "morocco", "jordan", "lebanon"])
def test_the_shipped_declarations_have_no_fault(country: str) -> None:
    assert lint(SHIPPED / country) == []


def test_all_faults_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    register = changed(
        REGISTER,
        ("country: TUN", "country: FRA"),
        ("    victim_key: [line]\n", ""),
        ("type: assistance.closed", "type: assistance.ended"),
        ("        region: region\n", ""),
    )
    codes = changed(CODES, ("COMPLETED", "DONE"), ("[psy]", "[psy, Foyer]"))
    found = lint(declare(tmp_path, register, codes))
    folder = tmp_path.name
    assert [(fault.file, fault.line, fault.key) for fault in found] == [
        (f"{folder}/register.yaml", 2, "country"),
        (f"{folder}/register.yaml", 4, "tables.lines"),
        (f"{folder}/register.yaml", 13, "tables.lines.columns.region"),
        (f"{folder}/register.yaml", 22, "tables.lines.events.0.type"),
        (f"{folder}/codes.yaml", 4, "closure.values.DONE"),
        (f"{folder}/codes.yaml", 9, "services.values.PSYCH.1"),
    ]
    assert all(fault.expected for fault in found)


def test_all_faults_of_form_are_told_at_once(tmp_path: Path) -> None:
    register = changed(
        REGISTER,
        ("authority: tn.test", "authority: INLTP"),
        ("kind: date, order: dmy", "kind: date, order: mdy"),
        ("ignore: [Nom]", "ignore: [Nom]\n    ignore: [Prénom]"),
    )
    keys = [fault.key.rpartition(".")[2] for fault in lint(declare(tmp_path, register))]
    assert keys == ["authority", "order", "ignore"]


@pytest.mark.parametrize("wrong", WRONG_DECLARATIONS, ids=str)
def test_what_does_not_load_has_the_fault_that_loading_tells(
    tmp_path: Path, wrong: tuple[str, str, int, str]
) -> None:
    old, new, _, _ = wrong
    folder = declare(tmp_path, changed(REGISTER, (old, new)))
    with pytest.raises(DeclarationInvalid) as caught:
        load_register(folder)
    assert caught.value.got in {fault.error().got for fault in lint(folder)}


def test_a_file_that_is_no_yaml_does_not_hide_the_faults_of_the_other(tmp_path: Path) -> None:
    broken = lint(declare(tmp_path, changed(REGISTER, ("country: TUN", "country: FRA")), "a: ["))
    assert [(fault.file.partition("/")[2], fault.key) for fault in broken] == [
        ("register.yaml", "country"),
        ("codes.yaml", ""),
    ]


def test_a_folder_without_a_declaration_lacks_both_files(tmp_path: Path) -> None:
    assert [fault.file for fault in lint(tmp_path / "nowhere")] == [
        "no nowhere/register.yaml",
        "no nowhere/codes.yaml",
    ]
