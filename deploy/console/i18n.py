"""Languages: texts by gettext, numbers and days by locale, and the direction of reading.

The English text is the message id. French and Arabic stand in ``locale/`` as ``.po`` files, which
are read as they are when the console starts: nothing has to be compiled or shipped beside them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

from babel import Locale
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
MINUS = "\N{MINUS SIGN}"
LEFT_TO_RIGHT, ISOLATE_ENDS = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def noop(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


@dataclass(frozen=True)
class Tongue:
    """A language that pages speak.

    Attributes:
        language: Its code.
        texts: Its catalogue.
    """

    language: Language
    texts: NullTranslations

    @property
    def direction(self) -> str:
        return Locale.parse(self.language).text_direction

    def gettext(self, text: str, **fill: object) -> str:
        """A text in this language, with what its places are filled with."""
        found = self.texts.gettext(text)
        return found % fill if fill else found

    def ngettext(self, one: str, many: str, number: int, **fill: object) -> str:
        """A text with the number's form in this language; ``%(num)s`` is the number."""
        return self.texts.ngettext(one, many, number) % {"num": self.number(number), **fill}

    def number(self, value: int) -> str:
        """A whole number, grouped as the language does."""
        return format_decimal(value, locale=self.language, numbering_system="default")

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
        return format_percent(value, "#,##0.#%", locale=self.language, numbering_system="default")

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self.language)

    def moment(self, moment: datetime) -> str:
        return format_datetime(moment, "d MMM y, HH:mm 'UTC'", locale=self.language)

    def period(self, period: str) -> str:
        """A year, quarter or month as people say it.

        Example:
            >>> tongue("fr").period("2023-Q2"), tongue("en").period("2023-05")
            ('T2 2023', 'May 2023')
        """
        year, _, part = period.partition("-")
        if not part:
            return year
        if part.startswith("Q"):
            return format_date(date(int(year), int(part[1]) * 3, 1), "QQQ y", locale=self.language)
        return format_date(date(int(year), int(part), 1), "LLLL y", locale=self.language)


@cache
def tongue(language: Language) -> Tongue:
    """The language with its catalogue."""
    if language == SOURCE:
        return Tongue(language, NullTranslations())
    content = (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(content), locale=language))
    compiled.seek(0)
    return Tongue(language, GNUTranslations(compiled))


def preferred(accepted: str) -> Language:
    """The language of ours that a browser likes best.

    Args:
        accepted: Its header ``Accept-Language``.

    Example:
        >>> preferred("de, ar-TN;q=0.8, fr;q=0.9"), preferred("*")
        ('fr', 'en')
    """
    best, most = SOURCE, 0.0
    for part in accepted[:500].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            likes = float(weight or 1)
        except ValueError:
            continue
        for language in LANGUAGES:
            if name.lower().partition("-")[0] == language and likes > most:
                best, most = language, likes
    return best
