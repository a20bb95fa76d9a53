"""What a data-protection officer sees of identifiers: how many, and none of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from country_adapters.kit.register import load_register
from deploy.commands.joining import show_preview
from deploy.preview import look
from deploy.preview.document import document
from deploy.preview.page import page
from deploy.preview.reasons import reasons
from deploy.preview.words import WORDS
from tests.unit.small_register import GOOD, HEADER, TODAY, declare
from tests.unit.test_facilitators import LINE, TRACES, VALUES, register


def test_a_preview_counts_them_and_shows_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = f"{GOOD.replace('D1', 'D2')},20123456 / 20123457,4567"
    seen = look(register(tmp_path, LINE, LINE, second), name="small", day=TODAY, keep=5)
    assert seen.identifiers.types == {"PHONE": 2, "PLATE": 1}, "a row that stands twice, once"
    assert [(u.column, u.code, u.places) for u in seen.identifiers.unusable.values()] == [
        ("Tél. du recruteur", "IDENTIFIER_SEVERAL", ["4"]),
        ("Véhicule", "IDENTIFIER_UNREADABLE", ["4"]),
    ]
    assert seen.refused == 0
    show_preview(seen)
    terminal = capsys.readouterr().out
    assert "identifiers to be tokenised: 2 PHONE, 1 PLATE; 2 cannot be used" in terminal
    html, told = page(seen), json.dumps(document(seen), ensure_ascii=False)
    for language, words in WORDS.items():
        assert words["identifiers"] in html
        assert words["identifiers_lead"] in html
        assert words["way_token"] in html
        assert reasons("IDENTIFIER_SEVERAL")[language] in html
    assert document(seen)["identifiers"]["types"] == {"PHONE": 2, "PLATE": 1}
    for shown in (terminal, html, told):
        assert [trace for trace in (*TRACES, *VALUES) if trace in shown] == []


def test_what_is_signed_counts_identifiers_but_holds_none(tmp_path: Path) -> None:
    def digest(line: str) -> str:
        return look(register(tmp_path, line), name="small", day=TODAY, keep=0).content

    usual = digest(LINE)
    assert digest(LINE.replace("20 123 456", "20 123 457")) == usual
    assert digest(LINE.replace("20 123 456 ; ", "")) != usual
    assert digest(LINE.replace("123 تونس 4567", "4567")) != usual


def test_a_register_without_such_columns_says_so(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f"{HEADER}\n{GOOD}", encoding="utf-8")
    seen = look(load_register(declare(tmp_path), tmp_path), name="s", day=TODAY, keep=0)
    assert all(words["no_identifiers"] in page(seen) for words in WORDS.values())
