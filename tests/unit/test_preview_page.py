"""The page of a preview: sound, in three languages, and with nothing that runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from country_adapters.kit.register import load_register
from deploy.preview import look
from deploy.preview.fields import label, meaning, shown_fields
from deploy.preview.html import Html, element, table
from deploy.preview.page import POLICY, UNREVIEWED, page
from deploy.preview.reasons import reasons
from deploy.preview.seen import Preview, RefusalsSeen, TableSeen
from deploy.preview.words import DIRECTION, WORDS
from tests.unit.small_register import TODAY
from tests.unit.test_preview import LANGUAGES, tunisian


@pytest.fixture
def tunisia() -> Preview:
    return tunisian()


class Outline(HTMLParser):
    """Reads a page as a browser would, and notes what is wrong with it."""

    VOID = frozenset({"meta"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if len({name for name, _ in attrs}) != len(attrs):
            self.wrong.append(f"an attribute twice in {tag}")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def values(outline: Outline, name: str) -> list[str]:
    return [value for _, attribute, value in outline.attributes if attribute == name]


def test_the_page_is_sound_and_in_three_languages_with_their_directions(tunisia: Preview) -> None:
    outline = Outline(page(tunisia))
    assert (outline.wrong, outline.open) == ([], [])
    articles = [(name, value) for tag, name, value in outline.attributes if tag == "article"]
    assert articles == [
        pair
        for language in LANGUAGES
        for pair in (("id", language), ("lang", language), ("dir", DIRECTION[language]))
    ]
    assert len(set(values(outline, "id"))) == len(values(outline, "id"))
    assert set(values(outline, "href")) == {f"#{language}" for language in LANGUAGES}


def test_the_page_runs_nothing_and_asks_nobody(tunisia: Preview) -> None:
    text = page(tunisia)
    outline = Outline(text)
    assert outline.tags.keys().isdisjoint({"script", "img", "link", "iframe", "form", "object"})
    assert not [name for _, name, _ in outline.attributes if name.startswith("on")]
    assert {name for _, name, _ in outline.attributes}.isdisjoint({"src", "srcset", "style"})
    assert "url(" not in text
    assert "@import" not in text
    assert "://" not in text
    assert POLICY in values(outline, "content")


def test_the_page_has_what_is_to_be_signed_in_each_language(tunisia: Preview) -> None:
    _, *articles = page(tunisia).split("<article ")
    for language, article in zip(LANGUAGES, articles, strict=True):
        text = Outline(f"<article {article}".partition("</main>")[0]).text
        for word in ("title", "statement", "name", "date", "sign", "keyed"):
            assert WORDS[language][word] in text
        assert tunisia.declarations in text
        assert tunisia.content in text
        assert f"{tunisia.authority}" in text
        assert "2026-06-30" in text
        for column in (*tunisia.home, *tunisia.read):
            assert column.header in text
        for kind, events in tunisia.events.items():
            assert label("CL_EVENT_TYPE", kind, language) in text
            for name, counts in events.fields.items():
                assert meaning(kind, name, language) in text
                list_id = shown_fields(kind)[name]
                assert all(label(list_id, value, language) in text for value in counts)
        for refusal in tunisia.refusals:
            assert reasons(refusal.code)[language] in text
            assert ", ".join(refusal.places) in text


def test_arabic_labels_that_nobody_reviewed_are_marked(tunisia: Preview) -> None:
    english, _, arabic = page(tunisia).split("<article ")[1:]
    assert f"أنثى{UNREVIEWED}" in arabic
    assert f"صفاقس{UNREVIEWED}" not in arabic, "Tunisian governorates come from CLDR"
    assert WORDS["ar"]["unreviewed"] in arabic
    assert UNREVIEWED not in english


def test_no_row_is_shown_one_by_one_on_the_page(tunisia: Preview) -> None:
    with_rows = look(load_register("tunisia"), name="tunisia", day=TODAY, keep=50)
    assert len(with_rows.rows) == 50
    assert page(with_rows) == page(tunisia)


def test_a_register_that_states_nothing_has_a_page() -> None:
    empty = Preview(
        register="r",
        authority="tn.test",
        country="TUN",
        day=TODAY,
        declarations="",
        content="",
        tables=(TableSeen("t"),),
        home=(),
        read=(),
        events={},
        refusals=(),
        rows=(),
    )
    outline = Outline(page(empty))
    assert (outline.wrong, outline.open) == ([], [])
    assert WORDS["fr"]["none_refused"] in outline.text


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@given(TEXT, TEXT, TEXT)
def test_names_that_look_like_markup_stay_text(register: str, column: str, place: str) -> None:
    """Names of columns are an authority's own, and may hold anything."""
    refusal = RefusalsSeen("t", column, "UNKNOWN_VALUE", 1, [place])
    made = Preview(
        register=register,
        authority="tn.test",
        country="TUN",
        day=TODAY,
        declarations="d",
        content="c",
        tables=(TableSeen("t", 1, 1),),
        home=(),
        read=(),
        events={},
        refusals=(refusal,),
        rows=(),
    )
    harmless = replace(made, register="r", refusals=(replace(refusal, column="x", places=["1"]),))
    outline, expected = Outline(page(made)), Outline(page(harmless))
    assert outline.wrong == []
    assert outline.tags == expected.tags
    assert [pair[:2] for pair in outline.attributes] == [pair[:2] for pair in expected.attributes]


@given(st.lists(TEXT, max_size=3), TEXT)
def test_whatever_stands_in_an_element_is_read_back_as_it_was(
    texts: Iterable[str], name: str
) -> None:
    texts = list(texts)
    outline = Outline(element("p", *texts, title=name))
    assert outline.text.replace("\r\n", "\n") == "".join(texts).replace("\r\n", "\n")
    assert values(outline, "title") == [name]
    assert isinstance(element("p"), Html)


def test_a_table_that_stacks_names_each_cell() -> None:
    made = Outline(table(["reason", "rows#"], [["a", 1]], stack=True))
    assert values(made, "data-name") == ["reason", "rows"]
    assert "number" in values(made, "class")
