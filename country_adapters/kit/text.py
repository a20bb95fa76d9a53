"""How free-typed text is read: one folding for every table of names.

A register holds the same name in many spellings: with and without accents, harakat or tatweel,
in upper case, with invisible bidi marks, in Arabic-Indic digits. ``fold`` takes away what people
and machines vary without meaning anything by it, so that names can be compared letter by letter.
It is used on both sides, on the cell and on the table the cell is looked up in.

Folding decides nothing about meaning. What a cell means is decided by the closed tables of
``countries`` and ``places``, in two steps:

1. ``listed``: some plain reading of the cell stands in the table.
2. ``guessed``: it does not, but letters lost by a wrong decoding (U+FFFD) may stand for any letter,
   and a word of six letters or more may have one slip of the pen after its first letter. Whoever
   asks takes a guess only when nothing else fits.

Neither the cell nor its folding ever leaves the country.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import ftfy
from rapidfuzz import process
from rapidfuzz.distance import OSA

LOST_LETTER = "\N{REPLACEMENT CHARACTER}"
"""What a decoder leaves where it could not read a letter; folding keeps it."""

# Letters that Unicode does not decompose, though people write one for the other.
SAME_LETTER = {
    **dict.fromkeys("ىی", "ي"),
    **dict.fromkeys("ةہھە", "ه"),
    **dict.fromkeys("ٱ", "ا"),
    **dict.fromkeys("ک", "ك"),
    **dict.fromkeys("ءـ", ""),  # lone hamza and tatweel
    **{"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"},
    LOST_LETTER: LOST_LETTER,
}
INVISIBLE = frozenset({"Mn", "Me", "Cf"})  # accents and harakat; bidi, joiners, byte order mark
ARTICLE = "ال"
SHORTEST_WITHOUT_SPACES = 4  # below it, "B & H" would read as an ISO code
SHORTEST_WITH_A_SLIP = 6
FEWEST_LETTERS_LEFT = 3

UNKNOWN = (
    # English
    *("unknown", "unknown country", "unknown nationality", "not known", "not specified"),
    *("unspecified", "undetermined", "not determined", "not available", "n/a"),
    # French
    *("inconnu", "inconnue", "inconnus", "inconnues", "pays inconnu", "nationalité inconnue"),
    *("indéterminé", "indéterminée", "non déterminé", "non déterminée", "non précisé"),
    *("non précisée", "non renseigné", "non renseignée", "non spécifié", "non spécifiée"),
    # Arabic
    *("غير معروف", "غير معروفة", "غير محدد", "غير محددة", "غير معلوم", "غير معلومة"),
    *("مجهول", "مجهولة", "مجهول الجنسية", "غير مذكور", "غير متوفر"),
    # Spanish and Italian
    *("desconocido", "desconocida", "sin determinar", "no determinado", "sconosciuto"),
)
"""Words that plainly say that the answer is not known: the code ``_U``. A blank is none of them."""


def fold(text: str) -> str:
    """Takes away everything that spelling varies without changing the name.

    In order: NFKC (presentation forms, full-width letters) and case folding; accents, harakat,
    tatweel, bidi and zero-width marks removed; alef with its hamzas, ى and ي, ة and ه made one;
    all decimal digits to ASCII; punctuation to single spaces. Folding twice changes nothing.

    Example:
        >>> fold("  CÔTE-D’IVOIRE ")
        'cote d ivoire'
        >>> fold("٣ تُونِسـيّة") == fold("3 تونسيه")
        True
    """
    # Removing a mark can free a letter to compose anew, so the pair of steps runs until it rests.
    folded = _fold_once(text)
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(text: str) -> str:
    spelled = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(map(_letter, spelled)).split())


@cache
def _letter(char: str) -> str:
    if char in SAME_LETTER:
        return SAME_LETTER[char]
    category = unicodedata.category(char)
    if category in INVISIBLE:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return char if category[0] in "LN" and category != "Lm" else " "


def keys(folded: str) -> tuple[str, ...]:
    """A folded name as it stands and, if long enough, without its spaces."""
    joined = folded.replace(" ", "")
    return (folded, joined) if len(joined) >= SHORTEST_WITHOUT_SPACES else (folded,)


def readings(cell: str, noise: re.Pattern[str]) -> Iterator[str]:
    """The ways to read a cell, the plainest first; the caller stops at the first it knows.

    As typed; without what ``noise`` matches; and the same two with mojibake repaired (UTF-8 that
    was read in a one-byte encoding). Repair comes last, so that text which is right is never
    touched.
    """
    for repair in (str, ftfy.fix_encoding):
        folded = fold(repair(cell))
        yield from keys(folded)
        yield from keys(noise.sub(" ", folded).strip())


def index_names(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A table from every key of every name to what the name stands for.

    Raises:
        ValueError: One name stands for two things; the data file is wrong.
    """
    index: dict[str, str] = {}
    for name, meaning in names:
        for key in keys(fold(name)):
            if index.setdefault(key, meaning) != meaning:
                raise ValueError(f"{name!r} stands for {index[key]} and for {meaning}")
    return index


def with_and_without_article(name: str) -> tuple[str, str]:
    """An Arabic name in both forms: "الكاف" and "كاف"."""
    bare = name.removeprefix(ARTICLE)
    return bare, ARTICLE + bare


def listed(cell: str, table: Mapping[str, str], noise: re.Pattern[str]) -> str | None:
    """What the plainest reading of the cell that stands in the table means."""
    return next((table[reading] for reading in readings(cell, noise) if reading in table), None)


def guessed(cell: str, table: Mapping[str, str], noise: re.Pattern[str]) -> set[str]:
    """Everything that a cell which is not in the table may mean."""
    return _with_lost_letters(fold(cell), table) or {
        meaning
        for reading in set(readings(cell, noise))
        for meaning in _with_a_slip(reading, table)
    }


def _with_lost_letters(folded: str, table: Mapping[str, str]) -> set[str]:
    if LOST_LETTER not in folded or len(re.findall(r"\w", folded)) < FEWEST_LETTERS_LEFT:
        return set()
    # One letter of UTF-8 is lost as one mark or as several, one for each of its bytes.
    pattern = re.sub(f"{LOST_LETTER}+", lambda run: f".{{1,{len(run[0])}}}", folded)
    return {meaning for name, meaning in table.items() if re.fullmatch(pattern, name)}


def _with_a_slip(reading: str, table: Mapping[str, str]) -> set[str]:
    """One letter more, less, other or two swapped; the first stands: Luanda is not Ruanda."""
    if len(reading) < SHORTEST_WITH_A_SLIP:
        return set()
    near = process.extract(reading, table.keys(), scorer=OSA.distance, score_cutoff=1, limit=None)
    return {table[name] for name, _, _ in near if name[0] == reading[0]}
