"""The page that a data-protection officer signs: a preview as one file of HTML.

The rules:

1. A function of the preview alone. No script, no request to anywhere: the browser is told so.
2. The whole page in English, French and Arabic, one after the other; a link shows one of them,
   which is then printed alone.
3. It shows names of columns, places of rows, codes, months and counts. Events are shown added up,
   never one by one, and no pseudonym.
4. Everything that is not ours to write as markup is escaped (``html``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files

from deploy.preview.fields import COMMON, in_order, is_unreviewed, label, meaning, shown_fields
from deploy.preview.html import Child, Html, element, table, together
from deploy.preview.identifiers import LIST, UnusableSeen
from deploy.preview.reasons import reasons
from deploy.preview.seen import EventsSeen, Preview, RefusalsSeen
from deploy.preview.words import DIRECTION, NAME, WORDS
from schemas.anonymity import Node
from schemas.codelists import Language, codelist

UNREVIEWED = "†"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(preview: Preview) -> str:
    """The page as text, to be kept in UTF-8."""
    title = f"southmed: {preview.register}, {preview.authority}, {preview.day.isoformat()}"
    head = together(
        [
            Html('<meta charset="utf-8">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            element("title", title),
            element("style", Html(_style())),
        ]
    )
    links = [element("a", NAME[lang], href=f"#{lang}", lang=lang) for lang in WORDS]
    articles = [_Article(preview, language).whole() for language in WORDS]
    body = [element("nav", *links), element("main", *articles)]
    whole = element("html", element("head", head), element("body", *body), lang="en")
    return f"<!DOCTYPE html>\n{whole}\n"


@cache
def _style() -> str:
    return (files("deploy.preview") / "page.css").read_text(encoding="utf-8")


SHORT = 12
"""Letters of the longest value of a list that is set in narrow columns."""


class _Article:
    """The page in one language."""

    def __init__(self, preview: Preview, language: Language) -> None:
        self.preview = preview
        self.language = language
        self.words: Mapping[str, str] = WORDS[language]

    def whole(self) -> Html:
        parts = (
            *self._head(),
            *self._numbers(),
            *self._home(),
            *self._read(),
            *self._fields(),
            *self._identifiers(),
            *self._quarters(),
            *self._refusals(),
            self._signature(),
        )
        direction = DIRECTION[self.language]
        return element("article", *parts, id=self.language, lang=self.language, dir=direction)

    # --- What it is about ------------------------------------------------------------------------

    def _head(self) -> Iterator[Html]:
        yield element("h1", self.words["title"])
        yield element("p", self.words["lead"])
        if self.words["unreviewed"]:
            yield element("p", self.words["unreviewed"], class_="note")
        country = label("CL_REPORTING_COUNTRY", self.preview.country, self.language)
        yield self._list(
            ("register", _foreign(self.preview.register)),
            ("authority", together([country, " ", _code(self.preview.authority)])),
            ("day", _foreign(self.preview.day.isoformat())),
            ("declarations", _code(self.preview.declarations)),
            ("content", _code(self.preview.content)),
        )

    def _list(self, *pairs: tuple[str, Child]) -> Html:
        lines = [(element("dt", self.words[word]), element("dd", told)) for word, told in pairs]
        return element("dl", *(part for line in lines for part in line))

    def _numbers(self) -> Iterator[Html]:
        words, seen = self.words, self.preview
        yield element("h2", words["numbers"])
        rows: list[list[Child]] = [
            [_foreign(t.table), *map(_number, (t.rows, t.rows - t.refused, t.refused))]
            for t in seen.tables
        ]
        total = (seen.row_count, seen.row_count - seen.refused, seen.refused)
        rows.append([words["all"], *map(_number, total)])
        columns = ("rows", "accepted", "refused")
        yield table([words["table"], *(f"{words[column]}#" for column in columns)], rows)
        counted: list[list[Child]] = [
            [self._labelled("CL_EVENT_TYPE", kind), _number(events.count)]
            for kind, events in self._events()
        ]
        counted.append([words["all"], _number(seen.count)])
        yield table([words["events"], f"{words['number_of']}#"], counted)

    def _events(self) -> list[tuple[str, EventsSeen]]:
        """Events by type, in the order of the list of types."""
        order = codelist("CL_EVENT_TYPE").codes
        return sorted(self.preview.events.items(), key=lambda item: order.index(item[0]))

    # --- Columns ---------------------------------------------------------------------------------

    def _home(self) -> Iterator[Html]:
        words = self.words
        yield element("h2", words["home"])
        yield element("p", words["home_lead"], class_="note")
        rows = [[_foreign(c.table), _foreign(c.header)] for c in self.preview.home]
        yield table([words["table"], words["column"]], rows)

    def _read(self) -> Iterator[Html]:
        words = self.words
        yield element("h2", words["read"])
        comma = "، " if self.language == "ar" else ", "
        rows = [
            [
                _foreign(column.table),
                _foreign(column.header),
                comma.join(words[f"way_{way}"] for way in column.ways),
            ]
            for column in self.preview.read
        ]
        yield table([words["table"], words["column"], words["leaves"]], rows, stack=True)

    # --- Fields ----------------------------------------------------------------------------------

    def _fields(self) -> Iterator[Html]:
        words = self.words
        yield element("h2", words["fields"])
        yield element("p", words["fields_lead"])
        yield element("p", words["keyed"])
        if not self.preview.events:
            return
        yield element("h3", words["every"])
        any_type = next(iter(self.preview.events))
        for name, counts in self._common().items():
            yield self._field(any_type, name, counts)
        for kind, seen in self._events():
            yield element("h3", self._labelled("CL_EVENT_TYPE", kind))
            for name, counts in seen.fields.items():
                if name not in COMMON:
                    yield self._field(kind, name, counts)

    def _common(self) -> dict[str, Counter[str]]:
        """The fields that say the same in every event, added up over the types."""
        every = self.preview.events.values()
        return {name: sum((s.fields[name] for s in every), Counter()) for name in COMMON}

    def _field(self, event_type: str, name: str, counts: Counter[str]) -> Html:
        list_id = shown_fields(event_type)[name]
        title = element("h4", meaning(event_type, name, self.language), " ", _code(name))
        values = [
            element("li", self._value(list_id, value), element("b", _number(count)))
            for value, count in in_order(list_id, counts)
        ]
        short = not list_id and max(map(len, counts)) <= SHORT
        kind = "values short" if short else "values"
        return element("section", title, element("ul", *values, class_=kind), class_="field")

    def _value(self, list_id: str, value: str) -> Html:
        if list_id and value:
            return self._labelled(list_id, value)
        told = label(list_id, value, self.language)
        return element("span", _foreign(told) if value else told)

    def _labelled(self, list_id: str, code: str) -> Html:
        """The label of a code, and the code; an Arabic label of ours with its mark."""
        mark = UNREVIEWED if is_unreviewed(list_id, code, self.language) else ""
        return element("span", label(list_id, code, self.language) + mark, " ", _code(code))

    # --- Identifiers of facilitators -------------------------------------------------------------

    def _identifiers(self) -> Iterator[Html]:
        words, seen = self.words, self.preview.identifiers
        yield element("h2", words["identifiers"])
        if not any("token" in column.ways for column in self.preview.read):
            yield element("p", words["no_identifiers"])
            return
        yield element("p", words["identifiers_lead"])
        counted: list[list[Child]] = [
            [self._labelled(LIST, code), _number(count)]
            for code, count in in_order(LIST, seen.types)
        ]
        yield table([words["type"], f"{words['number_of']}#"], counted)
        if seen.unusable:
            yield element("p", words["unusable"], class_="note")
            yield self._by_reason(seen.unusable.values())

    # --- What the gate made of it ----------------------------------------------------------------

    def _quarters(self) -> Iterator[Html]:
        words = self.words
        yield element("h2", words["gate"])
        yield element("p", words["gate_lead"])
        rows: list[list[Child]] = [
            [
                _foreign(quarter.window),
                self._node(quarter.node),
                *map(_number, (quarter.published, quarter.waiting)),
                *map(_number, (quarter.k, quarter.l, quarter.suppressed)),
            ]
            for quarter in self.preview.quarters
        ]
        columns = ("leave", "wait", "k", "l", "suppressed")
        header = [words["quarter"], words["told"], *(f"{words[name]}#" for name in columns)]
        yield table(header, rows, stack=True)

    def _node(self, node: Node | None) -> str:
        """What is told of persons at a node, in words."""
        if node is None:
            return self.words["undecided"]
        comma = "، " if self.language == "ar" else ", "
        told = (self.words.get(f"told_{name}_{level}") for name, level in node._asdict().items())
        return comma.join(filter(None, told))

    # --- What is refused, and the signature ------------------------------------------------------

    def _refusals(self) -> Iterator[Html]:
        words = self.words
        yield element("h2", words["refusals"])
        if not self.preview.refusals:
            yield element("p", words["none_refused"])
            return
        yield element("p", words["refusals_lead"], class_="note")
        yield self._by_reason(self.preview.refusals)

    def _by_reason(self, refusals: Iterable[RefusalsSeen | UnusableSeen]) -> Html:
        words = self.words
        columns = [words["table"], words["column"], words["reason"], f"{words['number_of']}#"]
        rows = [
            [
                _foreign(refusal.table),
                _foreign(refusal.column),
                together([reasons(refusal.code)[self.language], " ", _code(refusal.code)]),
                _number(refusal.count),
                self._places(refusal),
            ]
            for refusal in refusals
        ]
        return table([*columns, words["places"]], rows, stack=True)

    def _places(self, refusal: RefusalsSeen | UnusableSeen) -> Html:
        listed = _foreign(", ".join(refusal.places))
        left = refusal.count - len(refusal.places)
        return together([listed, f" {self.words['more'].format(count=left)}"]) if left else listed

    def _signature(self) -> Html:
        words = self.words
        lines = self._list(("name", ""), ("date", ""), ("sign", ""))
        title = element("h2", words["signature"])
        return element("section", title, element("p", words["statement"]), lines, class_="sign")


def _foreign(text: str) -> Html:
    """Text in whatever language, kept from turning the direction of what stands around it."""
    return element("bdi", text)


def _code(text: str) -> Html:
    return element("code", text, dir="ltr")


def _number(number: int) -> Html:
    return element("bdi", f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}"))
