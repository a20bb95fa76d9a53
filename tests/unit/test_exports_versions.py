"""A version of an SDMX structure means one content, for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.exports import structure
from deploy.exports.errors import StructureUnknown
from deploy.exports.labels import codes_of
from deploy.exports.structure import CONCEPT_SCHEME, codelist_id, components_of, due, structures
from deploy.exports.versions import LOCK, Pin, pins, renewed, version_of, write
from tests.extras import library
from tests.published import releases

SEX = codelist_id("SEX")


def with_code(column: str, **codes: dict[str, str]) -> Any:
    """`codes_of`, with one list changed."""
    return lambda name: {**codes_of(name), **(codes if name == column else {})}


def test_the_pins_are_those_of_the_contract() -> None:
    """If this fails: `southmed contract freeze`."""
    assert due() == pins()


def test_a_new_code_gives_its_list_a_new_version_and_the_tables_that_use_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = {"en": "New", "fr": "Nouveau", "ar": "جديد"}
    monkeypatch.setattr(structure, "codes_of", with_code("SEX", X=new))
    moved = {name for name, pin in due().items() if pin.version != pins()[name].version}
    using = {name for name, release in releases().items() if "SEX" in release.dimensions}
    assert moved == {SEX, *using}
    assert using


def test_another_label_is_another_content(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**codes_of("SEX")["F"], "fr": "Femme"}
    monkeypatch.setattr(structure, "codes_of", with_code("SEX", F=other))
    assert due()[SEX].version == "2.0.0"


def test_another_column_gives_its_table_a_new_version_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = structure._broken_down_by
    more = {"F1": ("AGE",)}
    monkeypatch.setattr(
        structure, "_broken_down_by", lambda table: (*usual(table), *more.get(table, ()))
    )
    assert {name for name, pin in due().items() if pin != pins()[name]} == {"F1"}


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=1, max_size=12))
def test_whatever_comes_after_what_no_two_contents_share_a_version(steps: list[list[int]]) -> None:
    pinned: dict[str, Pin] = {}
    told: dict[str, list[int]] = {}
    before: list[int] | None = None
    for content in steps:
        pinned = dict(renewed(pinned, {"A": content}, {}))
        version = pinned["A"].version
        assert told.setdefault(version, content) == content
        if before is not None and before != content:
            assert len(told) > 1
        before = content


def test_what_is_exported_no_more_keeps_its_version_taken() -> None:
    first = renewed({}, {"A": 1}, {})
    assert renewed(renewed(first, {}, {}), {"A": 2}, {})["A"].version == "2.0.0"


@pytest.mark.parametrize("name", sorted(releases()))
def test_every_structure_that_is_exported_carries_its_pin(name: str) -> None:
    library("pysdmx.model", "sdmx")
    exported = {made.id.removeprefix("DSD_"): made.version for made in structures(releases()[name])}
    assert {name, CONCEPT_SCHEME, SEX if name == "F1" else name} <= set(exported)
    assert exported == {found: version_of(found) for found in exported}


@pytest.mark.parametrize("name", sorted(releases()))
def test_what_is_pinned_of_a_table_is_what_its_releases_have(name: str) -> None:
    assert structure._in_order(structure._broken_down_by(name)) == components_of(releases()[name])


@pytest.mark.parametrize("changed", ["table", "indicator"])
def test_what_this_version_does_not_know_is_named(changed: str) -> None:
    library("pysdmx.model", "sdmx")
    f1 = releases()["F1"]
    newer = [f1.observations[0].model_copy(update={"INDICATOR": "VIC_NEWER"})]
    update = {"table": "F9"} if changed == "table" else {"observations": newer}
    with pytest.raises(StructureUnknown):
        structures(f1.model_copy(update=update))


def test_pins_are_written_as_they_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, pins())
    assert path.name == LOCK
    assert {n: Pin(**p) for n, p in json.loads(path.read_bytes()).items()} == pins()
