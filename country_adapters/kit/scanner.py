"""The last look at what is about to leave: every value of every event, beside the row it came from.

The contract holds each field against its own list when a row is mapped. The scanner trusts none of
that. It knows no field and no mapping, comes after both, and asks of each value that would enter
the outbox whether it tells anything about a person. One hit, and the whole row stays home. The
rules:

1. **Fail closed.** A text may leave only if it is a word of the contract: a code of a list, a type
   of event, the name of a field, a month, the authority's own id. Any other text is refused,
   whatever it looks like. So is a value of a kind that no event has (a day, a fraction, a table),
   and a number above the greatest count of the contract.
2. **The words are scanned too.** A word that has one of the shapes below is not known: a telephone
   number in a code list, or as an authority's id, is refused like one from a cell.
3. **What is refused is named** after the first of these that it contains: an e-mail address, an
   IBAN (mod 97), a day, a number of an identity card, passport or refugee file as the four
   countries write them, a telephone number, six digits with at most signs between them, a word of
   the row of three letters or more; else it is unknown. Digits of all scripts are digits;
   full-width letters, presentation forms, accents, tatweel and invisible marks hide nothing.
4. **A pseudonym is not text,** so it is searched: eight digits in it, or the beginning of a word of
   the row (six bytes or more), and it was not made by a MAC. By chance this befalls about one
   pseudonym in ten thousand million.
5. **An identifier of a facilitator** is looked for in the spelling that a token is made of, too: in
   a pseudonym it may show with fewer letters than a word. (In a text, rule 1 refuses it.)
6. Events with tokens are not looked at here: the outbox makes them, of no text at all.
7. A problem names the event's type and field and the kind of thing, never the value.

A word of the contract is not compared with the row: a register that writes "TUN" for Tunisia does
not make the code TUN a secret. The row is what the source gives, the declared columns. Cells of
ignored columns (names, notes) are dropped by the source and are not here to be compared with; if
they ever came through, rule 1 would refuse them as it refuses any text.

Of an event that may leave, every text costs one look into a set: about 8 µs an event, where mapping
it costs 50.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache

from country_adapters.kit.errors import (
    OutgoingDay,
    OutgoingDigits,
    OutgoingEmail,
    OutgoingError,
    OutgoingIban,
    OutgoingIdentity,
    OutgoingPhone,
    OutgoingRowText,
    OutgoingUnknown,
)
from country_adapters.kit.identifiers.money import remainder_97
from country_adapters.kit.text import LOST_LETTER, fold
from producers.rows import Draft, Problem
from schemas.case_events import EVENT_TYPES
from schemas.codelists import FOLDER, codelist

Hit = type[OutgoingError]

GREATEST_COUNT = 100_000
SHORTEST_WORD = 3
SHORTEST_IN_PSEUDONYM = 6  # bytes
LONGEST_IN_PSEUDONYM = 12  # bytes; a longer word may have been cut to fit

TATWEEL = "\N{ARABIC TATWEEL}"
HIDING = frozenset({"Mn", "Me", "Cf"})  # marks above and below, bidi marks, joiners

# --- Shapes, on text as ``legible`` gives it -----------------------------------------------------

EMAIL = re.compile(r"[^\s@]\s*@\s*[^\s@]+?\s*\.\s*\w")
IBAN = re.compile(r"(?=([a-z]{2}\d{2}(?:[\W_]?[a-z0-9]){11,30}))")
DAY = re.compile(  # in either order; the years of persons, Gregorian or Hijri
    r"(?<!\d)(?:1[349]|20)\d\d(?:[\W_]{1,3}\d{1,2}){2}(?!\d)"
    r"|(?<!\d)(?:\d{1,2}[\W_]{1,3}){2}(?:1[349]|20)\d\d(?!\d)"
)
DIGITS = re.compile(r"(\+[\W_]{0,3})?\d(?:[\W_]{0,3}\d){5,}")

TEXT_IN_PSEUDONYM = re.compile(rb"(?:[0-9A-Za-z]|[\xc2-\xf4][\x80-\xbf]{1,3}){3,}")  # as UTF-8
DIGITS_IN_PSEUDONYM = re.compile(r"\d{8}")

IDENTITY_IN_TEXT = re.compile(
    r"(?<![^\W_])[a-z]{1,2}[\W_]?(?:\d[\W_]?){4,8}\d(?![^\W_])"  # CNIE of Morocco; passports
    r"|(?<!\d)\d{3}[\W_]?\d{2}[cu]\d{5}(?!\d)"  # refugee file
)
IDENTITY_IN_DIGITS = re.compile(
    r"[01]\d{7}"  # Tunisia, identity card
    r"|[29]\d{9}"  # Jordan, national number
)
PHONE = re.compile(
    r"(?:\+|00)[1-9]\d{7,13}"  # any country
    r"|[2-9]\d{7}"  # Tunisia; Lebanon, mobile
    r"|0[5-8]\d{8}"  # Morocco
    r"|07[789]\d{7}|0[2356]\d{7}"  # Jordan
    r"|0?3\d{6}|0[14-9]\d{6}"  # Lebanon, old mobile and fixed
)


def legible(text: str) -> str:
    r"""The text with nothing hidden: plain letters in lower case, ASCII digits, signs kept.

    Example:
        >>> legible("\u200f+٢١٦ ２０ ①②③")
        '+216 20 123'
    """
    spelled = unicodedata.normalize("NFKD", text).casefold()
    return "".join(map(_plain, spelled))


def _plain(char: str) -> str:
    if char.isascii():
        return char
    if char == TATWEEL or unicodedata.category(char) in HIDING:
        return ""
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)


def shape_of(text: str) -> Hit | None:
    """What a text has the shape of, if it is one that identifies.

    Example:
        >>> shape_of("tel. 20-000-000").code, shape_of("SHELTER")
        ('OUTGOING_PHONE', None)
    """
    text = legible(text)
    runs = [re.sub(r"[^\d+]|(?<!^)\+", "", run[0]) for run in DIGITS.finditer(text)]
    if EMAIL.search(text):
        return OutgoingEmail
    if any(_holds_iban(found[1]) for found in IBAN.finditer(text)):
        return OutgoingIban
    if DAY.search(text):
        return OutgoingDay
    if IDENTITY_IN_TEXT.search(text) or any(map(IDENTITY_IN_DIGITS.fullmatch, runs)):
        return OutgoingIdentity
    if any(map(PHONE.fullmatch, runs)):
        return OutgoingPhone
    return OutgoingDigits if runs else None


def _holds_iban(text: str) -> bool:
    """Whether the text begins with an IBAN; what follows it may be anything."""
    signs = re.sub(r"[\W_]", "", text)
    return any(remainder_97(signs[:length]) == 1 for length in range(15, len(signs) + 1))


# --- The words of the contract -------------------------------------------------------------------

MONTHS = frozenset(f"20{year:02}-{month:02}" for year in range(100) for month in range(1, 13))


def spoken() -> Iterator[str]:
    """Every code, type of event and name of a field."""
    for file in FOLDER.iterdir():
        if file.name.startswith("CL_"):
            yield from codelist(file.name.removesuffix(".csv")).codes
    for event_type, model in EVENT_TYPES.items():
        yield event_type
        yield from model.model_fields


@cache
def words_of_contract() -> frozenset[str]:
    """What may leave from anywhere; without the words that have a shape."""
    return MONTHS | frozenset(word for word in spoken() if shape_of(word) is None)


# --- The scanner ---------------------------------------------------------------------------------


class Scanner:
    """Looks at the events of one authority.

    Args:
        authority: Its id, which every event carries.

    Example:
        >>> scanner = Scanner("tn.inltp")
        >>> draft = Draft(bytes(32), {"event_type": "assistance.closed", "reason": "zaynab"})
        >>> [(p.column, p.code) for p in scanner.problems([draft], {"Nom": "ZAYNAB"})]
        [('assistance.closed: reason', 'OUTGOING_ROW_TEXT')]
    """

    def __init__(self, authority: str) -> None:
        own = {authority} if shape_of(authority) is None else set()
        self._known = words_of_contract() | own

    def problems(
        self,
        drafts: Iterable[Draft],
        cells: Mapping[str, object],
        identifiers: Iterable[str] = (),
    ) -> tuple[Problem, ...]:
        """Why the events of a row may not leave; nothing if they may.

        Args:
            drafts: The events, after mapping.
            cells: The row that they came from, as the source gave it.
            identifiers: Of facilitators, in their one spelling.
        """
        row = _RowWords(cells, identifiers)
        found = [
            self._problem(draft, name, hit)
            for draft in drafts
            for name, value in draft.fields.items()
            for each in (name, *(value if isinstance(value, list | tuple) else (value,)))
            if (hit := self._hit(each, row)) is not None
        ]
        return tuple(dict.fromkeys(found))

    def _problem(self, draft: Draft, name: str, hit: Hit) -> Problem:
        event_type = draft.fields.get("event_type")
        known = isinstance(event_type, str) and event_type in EVENT_TYPES
        kind = event_type if known else "an event"
        field = name if name in self._known else "a field"
        return Problem(
            f"{kind}: {field}", hit.code, "a code, a month, a count or a pseudonym", hit.kind
        )

    def _hit(self, value: object, row: _RowWords) -> Hit | None:
        if isinstance(value, str):
            return None if value in self._known else _kind_of_text(value, row)
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, int):
            return None if 0 <= value <= GREATEST_COUNT else OutgoingDigits
        if isinstance(value, bytes):
            return row.hit(value)
        return OutgoingDay if isinstance(value, date) else OutgoingUnknown


def _kind_of_text(text: str, row: _RowWords) -> Hit:
    if (shape := shape_of(text)) is not None:
        return shape
    joined = fold(text).replace(" ", "")
    repeats = any(word in joined for word in row.words())
    return OutgoingRowText if repeats else OutgoingUnknown


class _RowWords:
    """The words of one row, folded when they are first asked for."""

    def __init__(self, cells: Mapping[str, object], identifiers: Iterable[str] = ()) -> None:
        self._cells = cells
        self._identifiers = [value.encode() for value in identifiers]
        self._words: frozenset[str] | None = None
        self._seen: dict[bytes, Hit | None] = {}

    def words(self) -> frozenset[str]:
        if self._words is None:
            folded = (fold(text) for text in _texts(self._cells.values()))
            self._words = frozenset(
                word for text in folded for word in text.split() if len(word) >= SHORTEST_WORD
            )
        return self._words

    def hit(self, pseudonym: bytes) -> Hit | None:
        """What a pseudonym shows; the events of a row share theirs, so it is remembered."""
        if pseudonym not in self._seen:
            self._seen[pseudonym] = self._search(pseudonym)
        return self._seen[pseudonym]

    def _search(self, pseudonym: bytes) -> Hit | None:
        if any(value[: len(pseudonym)] in pseudonym for value in self._identifiers):
            return OutgoingRowText
        runs = TEXT_IN_PSEUDONYM.findall(pseudonym)
        if all(len(run) < SHORTEST_IN_PSEUDONYM for run in runs):
            return None  # as almost always; only now is the row worth folding
        text = fold(pseudonym.decode("utf-8", errors="replace").replace(LOST_LETTER, " "))
        if DIGITS_IN_PSEUDONYM.search(text):
            return OutgoingDigits
        begun = (word.encode()[:LONGEST_IN_PSEUDONYM] for word in self.words())
        long = (start for start in begun if len(start) >= SHORTEST_IN_PSEUDONYM)
        return OutgoingRowText if any(start in text.encode() for start in long) else None


def _texts(cells: Iterable[object]) -> Iterator[str]:
    """Cells as text, also those in groups."""
    for cell in cells:
        if isinstance(cell, Mapping):
            yield from _texts(cell.values())
        elif isinstance(cell, list | tuple):
            yield from _texts(cell)
        elif isinstance(cell, date):
            yield cell.isoformat()
        elif cell is not None and not isinstance(cell, bool):
            yield str(cell)
