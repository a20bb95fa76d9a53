"""The preview: what becomes of columns, what is counted, and a page that is what it promises."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from country_adapters.kit.errors import CellError
from country_adapters.kit.identifiers.errors import IdentifierError
from country_adapters.kit.register import Register, load_register
from deploy.documents.error_table import load_all_errors
from deploy.preview import look
from deploy.preview.columns import WAYS, columns_at_home, columns_read
from deploy.preview.fields import in_order, label, labels, meaning, shown_fields
from deploy.preview.page import page
from deploy.preview.reasons import reasons
from deploy.preview.seen import MOST_PLACES, Preview
from deploy.preview.words import DIRECTION, WORDS
from schemas.anonymity import HEIGHTS, window_of
from schemas.case_events import EVENT_TYPES
from schemas.codelists import Language, codelist
from schemas.errors import EventInvalid, tree
from tests.unit.small_register import GOOD, HEADER, TODAY, declare
from tests.unit.test_mapping import GROUPED

LANGUAGES: tuple[Language, ...] = ("en", "fr", "ar")
WORSE = GOOD.replace("D1", "D2").replace("01/02/2020", "30/02/2020")


def small(folder: Path, *lines: str) -> Register:
    (folder / "r.csv").write_text("\n".join((HEADER, *lines)), encoding="utf-8")
    return load_register(declare(folder), folder)


def seen(folder: Path, *lines: str, keep: int = 10) -> Preview:
    return look(small(folder, *lines), name="small", day=TODAY, keep=keep)


@cache
def tunisian() -> Preview:
    return look(load_register("tunisia"), name="tunisia", day=TODAY, keep=0)


@pytest.fixture
def tunisia() -> Preview:
    return tunisian()


# --- Columns -------------------------------------------------------------------------------------


def test_each_column_is_told_by_what_leaves_of_it(tmp_path: Path) -> None:
    declared = small(tmp_path).declaration
    assert {column.header: column.ways for column in columns_read(declared)} == {
        "Dossier N°": ("pseudonym",),
        "Ligne": ("pseudonym",),
        "Signalé": ("month",),
        "Clos": ("month",),
        "Motif": ("codes",),
        "Services": ("codes",),
        "Lieu": ("codes",),
    }
    assert [(column.table, column.header) for column in columns_at_home(declared)] == [
        ("lines", "Nom")
    ]


TUNISIAN = {
    "Victime / Date de naissance": ("age",),
    "Victime / Âge": ("age",),
    "Signalement / Date": ("month", "age", "delay"),
    "Signalement / Nombre de victimes": ("size",),
    "Signalement / Urgent": ("flag",),
    "Heures": ("number",),
}


def test_of_a_birth_only_a_band_of_age_leaves() -> None:
    read = columns_read(load_register("tunisia").declaration)
    told = {column.header: column.ways for column in read}
    assert {header: told[header] for header in TUNISIAN} == TUNISIAN


def test_the_answers_of_a_group_are_columns_too(tmp_path: Path) -> None:
    declared = load_register(declare(tmp_path, GROUPED), tmp_path).declaration
    assert [column.header for column in columns_at_home(declared)] == ["services / services/note"]
    assert {column.header: column.ways for column in columns_read(declared)} == {
        "_id": ("pseudonym",),
        "services / services/type": ("codes",),
        "services / services/on": ("month",),
    }


# --- What is gathered ----------------------------------------------------------------------------


def test_events_are_counted_by_the_codes_of_their_fields(tmp_path: Path) -> None:
    found = seen(tmp_path, GOOD, GOOD.replace("D1", "D3").replace("psy; foyer", "psy"))
    assert {kind: events.count for kind, events in found.events.items()} == {
        "assistance.closed": 2,
        "assistance.provided": 3,
    }
    provided = found.events["assistance.provided"].fields
    assert provided["service"] == {"PSYCH": 2, "SHELTER": 1}
    assert provided["period"] == {"2020-03": 3}, "told at the top: a quarter without persons"
    assert provided["suppressed_fields"] == {"period": 3, "region": 3}
    assert found.count == 5
    assert (found.row_count, found.refused) == (2, 0)


def test_a_row_that_stands_twice_leaves_once(tmp_path: Path) -> None:
    assert seen(tmp_path, GOOD, GOOD).count == seen(tmp_path, GOOD).count


def test_a_refused_row_is_told_by_place_column_and_reason(tmp_path: Path) -> None:
    found = seen(tmp_path, GOOD, WORSE, GOOD.replace("D1", "D3").replace("achevée", "peut-être"))
    assert (found.row_count, found.refused) == (3, 2)
    told = {(r.column, r.code, r.count, *r.places) for r in found.refusals}
    assert ("Signalé", "DATE_IMPOSSIBLE", 1, "3") in told
    assert ("Motif", "UNKNOWN_VALUE", 1, "4") in told


def test_only_so_many_rows_and_places_are_kept_but_all_are_counted(tmp_path: Path) -> None:
    bad = [WORSE.replace("D2", f"E{n}") for n in range(MOST_PLACES + 5)]
    found = seen(tmp_path, GOOD, *bad, keep=2)
    assert len(found.rows) == 2
    (refusal,) = found.refusals
    assert (refusal.count, len(refusal.places)) == (MOST_PLACES + 5, MOST_PLACES)
    assert WORDS["fr"]["more"].format(count=5) in page(found)


def test_no_keyed_field_and_nothing_that_the_outbox_assigns_is_shown() -> None:
    for event_type in EVENT_TYPES:
        hidden = EVENT_TYPES[event_type].model_fields.keys() - shown_fields(event_type).keys()
        assert hidden >= {"case_ref", "fact_ref", "event_id", "supersedes", "revision"}
        assert not [name for name in shown_fields(event_type) if name.endswith(("_ref", "token"))]


def test_the_digest_is_of_what_is_previewed_and_of_no_key(tmp_path: Path) -> None:
    first, again = seen(tmp_path, GOOD, keep=0), seen(tmp_path, GOOD, keep=5)
    other = seen(tmp_path, GOOD.replace("psy; foyer", "foyer"))
    refused = seen(tmp_path, GOOD, WORSE)
    assert first.content == again.content
    assert len({first.content, other.content, refused.content}) == 3
    assert first.declarations == other.declarations


# --- The gate ------------------------------------------------------------------------------------


def test_quarters_are_shown_as_a_run_tells_them(tunisia: Preview) -> None:
    """As in the golden files, though under another secret."""
    path = load_register("tunisia").data / "expected_quarters.csv"
    with path.open(encoding="utf-8") as file:
        due = [tuple(map(int, list(row.values())[1:])) for row in csv.DictReader(file)]
    found = [
        (*(q.node or ()), q.k, q.l, q.suppressed, q.published, q.waiting) for q in tunisia.quarters
    ]
    assert found == due


def test_what_is_shown_of_persons_is_what_the_gate_lets_out(tunisia: Preview) -> None:
    ages = tunisia.events["victim.identified"].fields["age_band"]
    months = tunisia.events["victim.identified"].fields["period"]
    assert set(ages) == {"_U"}
    by_month = {q.window for q in tunisia.quarters if q.node is not None and not q.node.period}
    assert by_month == {"2022-Q1"}
    assert {"2022-01", "2022-02"} <= set(months)
    others = {month for month in months if window_of(month) not in by_month}
    assert {month[5:] for month in others} == {"03", "06", "09", "12"}


def test_what_would_wait_is_not_shown_among_what_leaves(tmp_path: Path) -> None:
    now = GOOD.replace("03/04/2020", "03/06/2026")
    found = seen(tmp_path, now)
    assert {kind: events.count for kind, events in found.events.items()} == {
        "assistance.provided": 2
    }
    assert [(q.window, q.published, q.waiting) for q in found.quarters] == [
        ("2020-Q1", 2, 0),
        ("2026-Q2", 0, 1),
    ]
    assert WORDS["fr"]["undecided"] in page(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_level_is_told_in_words(language: Language) -> None:
    """None but the highest level of an attribute is without a word; the period has two."""
    words = {name for name in WORDS[language] if name.startswith("told_")}
    levels = {f"told_{name}_{n}" for name, h in HEIGHTS._asdict().items() for n in range(h)}
    assert words == levels | {"told_period_1"}


# --- Words ---------------------------------------------------------------------------------------


def test_every_word_is_there_in_every_language() -> None:
    assert tuple(WORDS) == tuple(DIRECTION) == LANGUAGES
    for language in LANGUAGES:
        assert WORDS[language].keys() == WORDS["en"].keys()
        assert {f"way_{way}" for way in WAYS} <= WORDS[language].keys()
        empty = {name for name, word in WORDS[language].items() if not word}
        assert empty == (set() if language == "ar" else {"unreviewed"})


def test_every_field_has_a_meaning_in_every_language() -> None:
    for event_type in EVENT_TYPES:
        for name in shown_fields(event_type):
            told = [meaning(event_type, name, language) for language in LANGUAGES]
            assert all(told), (event_type, name)
            assert len(set(told)) == 3, (event_type, name)


def test_every_reason_for_a_refusal_is_told_in_every_language() -> None:
    load_all_errors()
    families = (CellError, IdentifierError)
    leaves = [e for e in tree() if issubclass(e, families) and e not in families]
    codes = [error.code for error in leaves]
    assert len(codes) > 15
    for code in (*codes, EventInvalid.code):
        assert len(set(reasons(code).values())) == 3, code


def test_every_code_that_a_field_may_hold_has_a_label() -> None:
    for event_type in EVENT_TYPES:
        for list_id in filter(None, shown_fields(event_type).values()):
            for code in codelist(list_id).codes:
                assert all(labels(list_id, code).values()), (list_id, code)
    assert label("CL_YES_NO", "true", "fr") == "Oui"


def test_values_stand_in_the_order_of_their_list_and_numbers_by_size() -> None:
    assert [v for v, _ in in_order("CL_SEX", {"M": 1, "F": 2})] == ["F", "M"]
    assert [v for v, _ in in_order("", {"10": 1, "9": 1, "": 1})] == ["", "9", "10"]
    assert [v for v, _ in in_order("", {"2020-02": 1, "2019-12": 1})] == ["2019-12", "2020-02"]
