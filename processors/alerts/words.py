"""Evidence in words, in three languages, from a table.

Nothing is said here that is not in the other fields of the message too: the words are for people
who read alerts in a mail program. **French and Arabic are unreviewed**: they were written for this
project and await a native reader of the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from processors.alerts.typology import label
from schemas.codelists import Language, codelist
from schemas.releases import CODELISTS, Names

LANGUAGES: tuple[Language, ...] = get_args(Language)
AND: Mapping[Language, str] = {"en": ", ", "fr": ", ", "ar": "، "}

CONTACT: Mapping[str, Mapping[Language, str]] = {
    "D1": {
        "en": "Cases of your country and of {others} hold the same identifier ({types}), {when}.",
        "fr": "Des affaires de votre pays et d’ailleurs ({others}) comportent le même identifiant"
        " ({types}), {when}.",
        "ar": "قضايا في بلدكم وفي {others} تتضمن المعرّف نفسه ({types})، {when}.",
    },
    "D2": {
        "en": "Cases of your country and of {others} have grown together through identifiers they"
        " share ({types}), {when}.",
        "fr": "Des affaires de votre pays et d’ailleurs ({others}) se rejoignent par des"
        " identifiants communs ({types}), {when}.",
        "ar": "ترابطت قضايا في بلدكم وفي {others} عبر معرّفات مشتركة ({types})، {when}.",
    },
    "D5": {
        "en": "One identifier ({types}) runs from recruitment over transit to exploitation through"
        " cases of your country and of {others}, {when}.",
        "fr": "Un même identifiant ({types}) relie recrutement, transit et exploitation dans des"
        " affaires de votre pays et d’ailleurs ({others}), {when}.",
        "ar": "معرّف واحد ({types}) يمتد من الاستقطاب إلى النقل فالاستغلال عبر قضايا في بلدكم وفي"
        " {others}، {when}.",
    },
}
ANALYST: Mapping[str, Mapping[Language, str]] = {
    "D1": {
        "en": "One identifier is held by {size} cases in {countries}; the newest evidence is of"
        " {quarter}.",
        "fr": "Un même identifiant figure dans {size} affaires ({countries}) ; l’élément le plus"
        " récent est de {quarter}.",
        "ar": "معرّف واحد يرد في {size} من القضايا في {countries}؛ أحدث دليل من {quarter}.",
    },
    "D2": {
        "en": "{size} cases in {countries} have grown together through identifiers they share; the"
        " newest evidence is of {quarter}.",
        "fr": "{size} affaires ({countries}) se rejoignent par des identifiants communs ;"
        " l’élément le plus récent est de {quarter}.",
        "ar": "ترابطت {size} من القضايا في {countries} عبر معرّفات مشتركة؛ أحدث دليل من {quarter}.",
    },
    "D5": {
        "en": "One identifier runs from recruitment over transit to exploitation through {size}"
        " cases in {countries}; the newest evidence is of {quarter}.",
        "fr": "Un même identifiant relie recrutement, transit et exploitation dans {size} affaires"
        " ({countries}) ; l’élément le plus récent est de {quarter}.",
        "ar": "معرّف واحد يمتد من الاستقطاب إلى النقل فالاستغلال عبر {size} من القضايا في"
        " {countries}؛ أحدث دليل من {quarter}.",
    },
    "D6": {
        "en": "{size} cases in {countries} were done in much the same way; the newest is of"
        " {quarter}. A lead to look into, not a finding: half of such leads are chance.",
        "fr": "{size} affaires ({countries}) suivent à peu près le même mode opératoire ; la plus"
        " récente est de {quarter}. Une piste, non un constat : la moitié relève du hasard.",
        "ar": "{size} من القضايا في {countries} نُفذت بالأسلوب نفسه تقريباً؛ أحدثها من {quarter}."
        " مجرد خيط للبحث لا نتيجة: نصف هذه الخيوط صدفة.",
    },
}
SURGE: Mapping[str, Mapping[Language, str]] = {
    "D3": {
        "en": "Table {table}, {series}: more in {period} than chance explains. Detections by"
        " authorities, not prevalence.",
        "fr": "Tableau {table}, {series} : davantage en {period} que le hasard ne l’explique."
        " Détections par les autorités, non prévalence.",
        "ar": "الجدول {table}، {series}: في {period} أكثر مما تفسره الصدفة. حالات كشفتها السلطات،"
        " لا مدى الانتشار.",
    },
    "D4": {
        "en": "Table {table}, {series}: a rise in {period} where another series fell; it may have"
        " moved. Detections by authorities, not prevalence.",
        "fr": "Tableau {table}, {series} : une hausse en {period} là où une autre série baisse ; un"
        " déplacement est possible. Détections par les autorités, non prévalence.",
        "ar": "الجدول {table}، {series}: ارتفاع في {period} مع انخفاض سلسلة أخرى؛ ربما انتقال."
        " حالات كشفتها السلطات، لا مدى الانتشار.",
    },
}
RESEMBLES: Mapping[Language, str] = {
    "en": "It resembles: {patterns}. To resemble is no proof.",
    "fr": "Cela ressemble à : {patterns}. Ressembler n’est pas prouver.",
    "ar": "يشبه: {patterns}. والشبه ليس دليلاً.",
}
UNBACKED: Mapping[Language, str] = {
    "en": "Of its cases in {countries} nothing but this is known so far.",
    "fr": "De ses affaires ({countries}), rien d’autre n’est connu pour l’instant.",
    "ar": "لا يُعرف حتى الآن غير ذلك عن قضاياه في {countries}.",
}
DOUBTFUL: Mapping[Language, str] = {
    "en": "It may be a line or account that unrelated people share.",
    "fr": "Il peut s’agir d’une ligne ou d’un compte que partagent des personnes sans lien.",
    "ar": "قد يكون خطاً أو حساباً يتشاركه أشخاص لا صلة بينهم.",
}
BETWEEN: Mapping[Language, str] = {
    "en": "between {first} and {last}",
    "fr": "entre {first} et {last}",
    "ar": "بين {first} و{last}",
}
IN: Mapping[Language, str] = {"en": "in {first}", "fr": "en {first}", "ar": "في {first}"}
FROM: Mapping[Language, str] = {
    "en": "fewer in {country}",
    "fr": "moins ailleurs ({country})",
    "ar": "أقل في {country}",
}
Labels = Mapping[Language, str]


def sentence(template: Labels, **values: str | Labels) -> Names:
    """A sentence in the three languages; values that differ between languages are labels."""

    def told(language: Language) -> str:
        fitting = {n: v if isinstance(v, str) else v[language] for n, v in values.items()}
        return template[language].format(**fitting)

    return Names(en=told("en"), fr=told("fr"), ar=told("ar"))


def together(sentences: Iterable[Names]) -> Names:
    """Several sentences as one text."""
    listed = list(sentences)
    return Names(
        en=" ".join(s.en for s in listed),
        fr=" ".join(s.fr for s in listed),
        ar=" ".join(s.ar for s in listed),
    )


def of_codes(list_id: str, codes: Iterable[str]) -> Labels:
    """The labels of codes, one after the other."""
    listed = list(codes)
    entries = codelist(list_id)
    return {lang: AND[lang].join(entries.label(c, lang) for c in listed) for lang in LANGUAGES}


def of_months(first: str, last: str) -> Labels:
    """When something was, from a first month to a last one."""
    said = IN if first == last else BETWEEN
    return {lang: said[lang].format(first=first, last=last) for lang in LANGUAGES}


def of_patterns(codes: Iterable[str]) -> Labels:
    """The labels of typologies, one after the other."""
    listed = list(codes)
    return {lang: AND[lang].join(label(code, lang) for code in listed) for lang in LANGUAGES}


def of_series(series: Iterable[tuple[str, str]]) -> Labels:
    """What a published series counts, in words: the labels of its values."""
    named = sorted(series)
    return {
        lang: AND[lang].join(_of_value(name, value, lang) for name, value in named)
        for lang in LANGUAGES
    }


def _of_value(name: str, value: str, language: Language) -> str:
    list_id = "CL_REPORTING_COUNTRY" if name == "FROM" else CODELISTS[name]
    told = codelist(list_id).label(value, language)
    return FROM[language].format(country=told) if name == "FROM" else told
