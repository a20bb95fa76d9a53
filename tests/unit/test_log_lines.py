"""The catalogue of log lines: whatever is put into a field, only what it has room for comes out."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.documents.logs_and_metrics import LINES
from deploy.running.logs import formatter
from schemas.errors import tree
from schemas.log_lines import FIELDS, LEVELS, UNFIT, LogLine, tell, told_in

EVERY_FIELD = LogLine("test", "every_field", "warning", tuple(FIELDS), "Has all fields.")
FRAME = ("timestamp", "level", "event", "component")
WORD = re.compile(r"[A-Za-z0-9_.:+-]{1,80}", re.ASCII)
PLANTS = ("Zaynab Fictive", "زينب", "tel. 00 000 012", "TUN\n", "TUN ", "", 'x"y', "\x1b[31m", "é")


class _Caught(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def written(line: LogLine, **values: object) -> dict[str, Any]:
    """What a line comes to as JSON."""
    caught, logger = _Caught(), logging.getLogger("southmed")
    logger.addHandler(caught)
    try:
        tell(line, **values)
    finally:
        logger.removeHandler(caught)
    (record,) = caught.records
    text = formatter(for_people=False).format(record)
    assert "\n" not in text
    assert set(formatter(for_people=True).format(record)) <= set(map(chr, range(32, 127)))
    read: dict[str, Any] = json.loads(text)
    return read


anything = st.one_of(
    st.text(),
    st.binary(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from(PLANTS),
    st.lists(st.text()),
    st.dictionaries(st.text(), st.text()),
    st.builds(ValueError, st.text()),
)


@given(values=st.fixed_dictionaries(dict.fromkeys(FIELDS, anything)))
def test_whatever_is_planted_into_a_field_only_its_pattern_comes_out(
    values: dict[str, object],
) -> None:
    document = written(EVERY_FIELD, **values)
    assert list(document) == [*FRAME, *FIELDS]
    for name, field in FIELDS.items():
        value = document[name]
        if value == UNFIT:
            continue
        if isinstance(field.shape, str):
            assert isinstance(value, int | float)
            assert not isinstance(value, bool)
            assert 0 <= value < float("inf")
        else:
            assert value == values[name]
            assert field.shape.fullmatch(value)
            assert name == "template" or WORD.fullmatch(value)


@given(name=st.text(), value=st.text())
def test_a_field_that_was_not_declared_is_dropped(name: str, value: str) -> None:
    line = LogLine("test", "one_field", "warning", ("code",), "Has one field.")
    document = written(
        line, code="CHAIN_GAP", **({} if name in {"code", "line"} else {name: value})
    )
    assert list(document) == [*FRAME, "code"]
    assert document["code"] == "CHAIN_GAP"


def test_a_text_that_changes_under_the_reader_is_not_believed() -> None:
    class Sly(str):
        def __str__(self) -> str:
            return "Zaynab Fictive"

    assert written(EVERY_FIELD, code=Sly("CHAIN_GAP"))["code"] == UNFIT


def test_a_line_has_its_level_its_moment_and_its_component() -> None:
    document = written(EVERY_FIELD, seconds=1.23456, offset=7)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["timestamp"])
    assert (document["level"], document["event"]) == ("warning", "every_field")
    assert (document["component"], document["seconds"], document["offset"]) == ("test", 1.235, 7)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.event)
def test_a_declared_line_is_sound(line: LogLine) -> None:
    assert set(line.fields) <= set(FIELDS)
    assert len(set(line.fields)) == len(line.fields)
    assert line.level in LEVELS
    assert WORD.fullmatch(line.event)
    assert WORD.fullmatch(line.component)
    assert line.meaning.endswith(".")
    assert line.level == "info" or line.advice or "anew" in line.meaning


def test_no_two_lines_have_one_name() -> None:
    events = [line.event for line in LINES]
    assert sorted(set(events)) == sorted(events)


def test_every_field_is_of_use() -> None:
    assert {name for line in LINES for name in line.fields} == set(FIELDS)


def test_every_code_of_ours_fits_its_field() -> None:
    pattern = FIELDS["code"].shape
    assert isinstance(pattern, re.Pattern)
    assert [error.code for error in tree() if not pattern.fullmatch(error.code)] == []


def test_a_foreign_record_is_not_taken_for_ours() -> None:
    record = logging.makeLogRecord({"southmed_told": "Zaynab Fictive"})
    assert told_in(record) is None
