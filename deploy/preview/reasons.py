"""Why a row is refused or an identifier not used, by the code of its problem, in three languages.

The codes are those of ``country_adapters.kit.errors`` and of the contract; the English is their own
``summary``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from deploy.documents.error_table import load_all_errors
from schemas.codelists import Language
from schemas.errors import tree

_FRENCH_AND_ARABIC = {
    "MISSING_KEY": ("la ligne n’a pas d’identité", "السطر بلا معرّف"),
    "MISSING_VALUE": ("une valeur nécessaire manque", "قيمة لازمة غير مملوءة"),
    "CONTRADICTORY_ROW": (
        "une ligne précédente a la même clé et dit autre chose",
        "سطر سابق يحمل المفتاح نفسه ويقول غير ذلك",
    ),
    "UNKNOWN_VALUE": ("la valeur n’est pas dans sa table", "القيمة ليست في جدولها"),
    "UNRESOLVED_COUNTRY": ("la valeur ne désigne pas un pays", "القيمة لا تدل على بلد واحد"),
    "UNRESOLVED_PLACE": (
        "la valeur ne désigne pas une région du pays",
        "القيمة لا تدل على منطقة من مناطق البلد",
    ),
    "NUMBER_UNREADABLE": ("ce n’est pas un nombre entier", "ليست عددا صحيحا"),
    "NUMBER_OUT_OF_RANGE": ("le nombre est hors limites", "العدد خارج حدوده"),
    "DATE_UNREADABLE": ("ce n’est pas une date comme déclaré", "ليس تاريخا كما صُرّح"),
    "DATE_AMBIGUOUS": ("l’année a deux chiffres", "السنة برقمين فقط"),
    "DATE_IMPOSSIBLE": ("ce jour n’existe pas", "لا وجود لهذا اليوم"),
    "DATE_OUT_OF_RANGE": ("la date est trop ancienne", "التاريخ قديم جدا"),
    "DATE_IN_FUTURE": ("la date est dans l’avenir", "التاريخ في المستقبل"),
    "DATES_OUT_OF_ORDER": (
        "l’étape suivante a une date antérieure",
        "تاريخ المرحلة اللاحقة أسبق",
    ),
    "IDENTIFIER_UNREADABLE": (
        "ce n’est pas un identifiant du type déclaré",
        "ليس معرّفا من النوع المصرّح به",
    ),
    "IDENTIFIER_INVALID": ("un tel identifiant ne peut exister", "لا يمكن وجود معرّف كهذا"),
    "IDENTIFIER_INCOMPLETE": (
        "il manque à l’identifiant son pays ou sa plateforme",
        "ينقص المعرّف بلدُه أو منصّته",
    ),
    "IDENTIFIER_SEVERAL": (
        "plusieurs identifiants là où un seul est attendu",
        "عدة معرّفات حيث يُنتظر واحد",
    ),
    "IDENTIFIER_OTHER_TYPE": (
        "l’identifiant est d’un autre type que déclaré",
        "المعرّف من نوع غير المصرّح به",
    ),
    "EVENT_INVALID": (
        "l’événement enfreint une règle de son type",
        "الواقعة تخالف قاعدة من قواعد نوعها",
    ),
}


@cache
def reasons(code: str) -> Mapping[Language, str]:
    """What a problem means; a code that is not in the table speaks English."""
    load_all_errors()
    english = next((error.summary for error in tree() if error.code == code), code)
    french, arabic = _FRENCH_AND_ARABIC.get(code, (english, english))
    return {"en": english, "fr": french, "ar": arabic}
