"""Languages: texts by gettext, numbers and days by locale, and the direction of reading.

The English text is the message id. French and Arabic stand in ``locale/`` as ``.po`` files, which
are read as they are when the console starts: nothing has to be compiled or shipped beside them.

Arabic is written with European digits in the Maghreb and with Arabic-Indic ones in the Mashreq, and
readers choose. Numbers, periods and days follow; codes, addresses, digests and files do not.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from deploy.exports.labels import LANGUAGES
from schemas.codelists import Language

FOLDER = files("deploy") / "console" / "locale"
DOMAIN = "console"
SOURCE: Language = "en"
ENDONYMS: dict[Language, str] = {"en": "English", "fr": "Français", "ar": "العربية"}
REGIONAL: dict[Language, str] = {"en": "en_GB"}
"""Of a language that is written in more than one way, the way of the Council of Europe."""
FIRST = "1er"
"""The first day of a month in French, which Babel does not know."""
MINUS = "\N{MINUS SIGN}"
LEFT_TO_RIGHT, ISOLATE_ENDS = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


Digits = Literal["latn", "arab"]
"""European digits, or Arabic-Indic ones."""
ZERO: dict[Digits, str] = {"latn": "0", "arab": "\N{ARABIC-INDIC DIGIT ZERO}"}
ARABIC_INDIC = {ord("0") + n: ord(ZERO["arab"]) + n for n in range(10)} | {ord("%"): "٪"}
POINT = re.compile(r"(?<=[0-9])\.(?=[0-9])")
QUARTER = r"[0-9]{4}-Q[1-4]"
ISO = rf"(?:{QUARTER}|[0-9]{{4}}-[0-9]{{2}}(?:-[0-9]{{2}})?)"
PERIOD = re.compile(rf"\b(?:{QUARTER}|[0-9]{{4}}-(?:0[1-9]|1[0-2]))\b(?!-)")
RUN = re.compile(
    rf"(?<![A-Za-z0-9_.:|/+-])(?:(?P<iso>{ISO})|(?P<band>[0-9]+-[0-9]+|[0-9]+\+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?))(?![A-Za-z0-9_|/:+-]|\.[0-9])"
)
"""In running text a period or day, a band, or a number; not what is a part of a code or address."""


@dataclass(frozen=True)
class Voice:
    """How numbers are written, for what writes them itself in a browser.

    Attributes:
        language: Whose signs stand between digits.
        digits: Which ones.
    """

    language: Language = SOURCE
    digits: Digits = "latn"

    def numerals(self) -> dict[str, Any]:
        """The same as D3 and Vega read it."""
        signs = Locale.parse(self.language).number_symbols[self.digits]
        return {
            "decimal": signs["decimal"],
            "thousands": signs["group"],
            "grouping": [3],
            "currency": ["", ""],
            "numerals": [chr(ord(ZERO[self.digits]) + n) for n in range(10)],
        }


def noop(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


@dataclass(frozen=True)
class Tongue:
    """A language that pages speak.

    Attributes:
        language: Its code.
        texts: Its catalogue.
        digits: Those that numbers are written with.
    """

    language: Language
    texts: NullTranslations
    digits: Digits = "latn"

    @cached_property
    def locale(self) -> Locale:
        """What Babel knows of it; looked up once, since pages write hundreds of numbers."""
        return Locale.parse(REGIONAL.get(self.language, self.language))

    @property
    def direction(self) -> str:
        return self.locale.text_direction

    @property
    def voice(self) -> Voice:
        """How charts write numbers."""
        return Voice(self.language, self.digits)

    def gettext(self, text: str, **fill: object) -> str:
        """A text in this language, with what its places are filled with."""
        found = self.texts.gettext(text)
        return found % fill if fill else found

    def ngettext(self, one: str, many: str, number: int, **fill: object) -> str:
        """A text with the number's form in this language; ``%(num)s`` is the number."""
        return self.texts.ngettext(one, many, number) % {"num": self.number(number), **fill}

    def number(self, value: int) -> str:
        """A whole number, grouped as the language does."""
        told = format_decimal(value, locale=self.locale, numbering_system=self.digits)
        return self.written(told)

    def signed(self, value: int) -> str:
        """A difference, with its sign."""
        sign = "+" if value > 0 else MINUS if value < 0 else ""
        return (
            f"\N{LEFT-TO-RIGHT ISOLATE}{sign}{self.number(abs(value))}\N{POP DIRECTIONAL ISOLATE}"
        )

    def apart(self, text: str) -> str:
        """A code or a band, which is read from left to right in every language."""
        return f"{LEFT_TO_RIGHT}{text}{ISOLATE_ENDS}"

    def measured(self, value: int) -> str:
        """A measurement, which may be below zero."""
        return self.signed(value) if value < 0 else self.number(value)

    def share(self, value: float) -> str:
        """A share as a percentage."""
        system = self.digits
        told = format_percent(value, "#,##0.#%", locale=self.locale, numbering_system=system)
        return self.written(told)

    def written(self, text: str) -> str:
        """A text that is all number or day, with the reader's digits."""
        if self.digits == "latn":
            return text
        return POINT.sub("\N{ARABIC DECIMAL SEPARATOR}", text).translate(ARABIC_INDIC)

    def prose(self, text: str) -> str:
        """Running text: numbers have the reader's digits; codes, ISO periods and days stay.

        Between words from right to left ``2026-07`` would be seen as ``07-2026``: what has a hyphen
        within is held together.

        Example:
            >>> tongue("ar", "arab").prose("F1: 97.9% of 12 cells")
            'F1: ٩٧٫٩% of ١٢ cells'
        """

        def shown(run: re.Match[str]) -> str:
            told = run[0] if run["iso"] else self.written(run[0])
            return told if run["number"] else f"{LEFT_TO_RIGHT}{told}{ISOLATE_ENDS}"

        return RUN.sub(shown, text) if self.direction == "rtl" else text

    def day(self, day: date) -> str:
        """A day as people write it.

        Example:
            >>> tongue("fr").day(date(2025, 3, 1)), tongue("en").day(date(2025, 3, 1))
            ('1er mars 2025', '1 March 2025')
        """
        return self._of_day(day, format_date(day, "long", locale=self.locale))

    def moment(self, moment: datetime) -> str:
        told = format_datetime(moment, "d MMM y, HH:mm 'UTC'", locale=self.locale)
        return self._of_day(moment, told)

    def _of_day(self, day: date, told: str) -> str:
        first = self.language == "fr" and day.day == 1
        return self.written(f"{FIRST}{told.removeprefix('1')}" if first else told)

    def dated(self, text: str) -> str:
        """Running text whose months and quarters are told as people say them.

        Example:
            >>> tongue("en").dated("between 2026-07 and 2026-Q4, on 2026-07-15")
            'between July 2026 and Q4 2026, on 2026-07-15'
        """
        return PERIOD.sub(lambda found: self.period(found[0]), text)

    def period(self, period: str) -> str:
        """A year, quarter or month as people say it.

        Example:
            >>> tongue("fr").period("2023-Q2"), tongue("en").period("2023-05")
            ('T2 2023', 'May 2023')
        """
        year, _, part = period.partition("-")
        if not part:
            return self.written(year)
        month = int(part[1]) * 3 if part.startswith("Q") else int(part)
        shape = "QQQ y" if part.startswith("Q") else "LLLL y"
        return self.written(format_date(date(int(year), month, 1), shape, locale=self.locale))


@cache
def tongue(language: Language, digits: Digits = "latn") -> Tongue:
    """The language with its catalogue, writing some digits."""
    return Tongue(language, _catalogue(language), digits)


@cache
def _catalogue(language: Language) -> NullTranslations:
    if language == SOURCE:
        return NullTranslations()
    content = (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(content), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def preferred(accepted: str) -> Language:
    """The language of ours that a browser likes best.

    Args:
        accepted: Its header ``Accept-Language``.

    Example:
        >>> preferred("de, ar-TN;q=0.8, fr;q=0.9"), preferred("*")
        ('fr', 'en')
    """
    for name in _liked(accepted):
        for language in LANGUAGES:
            if name.partition("-")[0] == language:
                return language
    return SOURCE


def usual_digits(language: Language, accepted: str) -> Digits:
    """The digits that a reader of a language is used to, as far as their browser says.

    Where Arabic is read with which digits is the convention of CLDR, by the region of the browser's
    language; for Arabic of no region that is European ones.

    Args:
        language: Of the page.
        accepted: Header ``Accept-Language``.

    Example:
        >>> [usual_digits("ar", told) for told in ("ar-JO", "ar-MA, ar-LB;q=0.5", "ar", "fr")]
        ['arab', 'latn', 'latn', 'latn']
    """
    for name in _liked(accepted):
        if language == "ar" and name.partition("-")[0] == language:
            return _convention(name)
    return "latn"


def _convention(name: str) -> Digits:
    try:
        found = Locale.parse(name, sep="-").default_numbering_system
    except (ValueError, UnknownLocaleError):
        return "latn"
    return "arab" if found == "arab" else "latn"


def _liked(accepted: str) -> list[str]:
    """The languages of a header ``Accept-Language``, the one that is liked best first."""
    found = []
    for part in accepted[:500].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            likes = float(weight or 1)
        except ValueError:
            continue
        if likes > 0:
            found.append((likes, name.lower()))
    return [name for _, name in sorted(found, key=lambda one: -one[0])]
