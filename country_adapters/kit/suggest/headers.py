"""What a header means.

The rules:

1. A header is compared word by word, folded, without articles and without words that only say
   whose it is ("sex *of the victim*"); ``camelCase`` and ``snake_case`` are words too, and what
   stands in brackets is a remark.
2. The same words are certain. The same words in another order, with one word more, or spelt a
   little differently are a guess, with a score from ``LIKELY`` up.
3. A header with a word for names, addresses, telephones or notes stays home, unless it is, word for
   word, a header of another meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz

from country_adapters.kit.suggest.vocabulary import HOME, header_phrases
from country_adapters.kit.text import ARTICLE, fold

CERTAIN = 95
SURE_ENOUGH = 96
LIKELY = 84
NEAR = 88
"""How alike in letters a header and a phrase must be, of 100."""
SHORTEST = 5
"""Letters below which spelling that is a little different is another word."""
_REMARK = re.compile(r"\([^)]*\)")
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SMALL = frozenset(
    {
        *("de", "du", "des", "d", "la", "le", "les", "l", "au", "aux", "a", "en", "un", "une"),
        *("of", "the", "for", "on", "is", "et", "and", "n", "no", "nr", "num", "s"),
    }
)
_WHOSE = frozenset(
    {
        *("victime", "victimes", "victim", "personne", "person", "prs", "vic", "cas", "isf"),
        *map(fold, ("الضحية", "ضحية", "الشخص", "المشتبه")),
    }
)
_TELLING_HOME = frozenset(
    {
        *("nom", "noms", "prenom", "prenoms", "name", "names", "surname", "tel", "telephone"),
        *(
            "phone",
            "mobile",
            "gsm",
            "adresse",
            "address",
            "email",
            "mail",
            "courriel",
            "observation",
        ),
        *("observations", "remarque", "remarques", "remarks", "comment", "comments", "commentaire"),
        *("commentaires", "note", "notes", "street", "postal", "narrative", "signature", "details"),
        *map(fold, ("اسم", "هاتف", "عنوان", "ملاحظات", "بريد", "اللقب", "الكنية", "جوال")),
    }
)
Words = tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """A meaning that a header may have.

    Attributes:
        name: The meaning.
        score: 100 for the same words, ``LIKELY`` for the weakest guess.
    """

    name: str
    score: float

    @property
    def certain(self) -> bool:
        return self.score >= CERTAIN


@lru_cache(maxsize=4096)
def matches(header: str) -> tuple[Match, ...]:
    """The meanings that a header may have, the likeliest first; none if it is not understood.

    Example:
        >>> [match.name for match in matches("Sexe de la victime")]
        ['sex']
    """
    words, plainer = _words(header), _words(_REMARK.sub("", header))
    best: dict[str, float] = {}
    for name, phrase in _phrases():
        score = max(_score(words, phrase), min(_score(plainer, phrase), SURE_ENOUGH))
        if score >= LIKELY:
            best[name] = max(best.get(name, 0), score)
    exact = any(score == 100 and name != HOME for name, score in best.items())
    if not exact and _TELLING_HOME & {word.removeprefix(ARTICLE) for word in words}:
        return (Match(HOME, 100),)
    return tuple(
        sorted((Match(*found) for found in best.items()), key=lambda m: (-m.score, m.name))
    )


def stays_home(header: str) -> bool:
    """Whether a header says that its column is about a person by name, or free text."""
    found = matches(header)
    return bool(found) and found[0].name == HOME


def _score(header: Words, phrase: Words) -> float:
    if not header or not phrase:
        return 0
    if header == phrase:
        return 100
    bare, bare_phrase = _bare(header), _bare(phrase)
    if bare == bare_phrase:
        return SURE_ENOUGH
    if sorted(bare) == sorted(bare_phrase):
        return 90
    if len(phrase) > 1 and set(phrase) < set(header) and len(header) == len(phrase) + 1:
        return LIKELY
    near = fuzz.ratio(" ".join(bare), " ".join(bare_phrase))
    return min(near, CERTAIN - 1) if near >= NEAR and len("".join(bare)) >= SHORTEST else 0


def _bare(words: Words) -> Words:
    return tuple(word for word in words if word not in _WHOSE) or words


@cache
def _phrases() -> tuple[tuple[str, Words], ...]:
    return tuple((name, _words(phrase)) for name, phrase in header_phrases())


def _words(header: str) -> Words:
    words = fold(_CAMEL.sub(" ", _INITIALS.sub(r"\1", header))).split()
    kept = [word for word in words if word not in _SMALL] or words
    return tuple(_without_article(word) for word in kept)


def _without_article(word: str) -> str:
    return word.removeprefix(ARTICLE) if len(word) > len(ARTICLE) + 2 else word
