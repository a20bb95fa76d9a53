"""What columns and codes are called, in three languages.

The labels of codes come from the contract: code lists, catalogue of indicators, residual codes. The
names of columns stand here. The Arabic and French are our own and unreviewed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from schemas.codelists import Language, codelist
from schemas.indicators import catalogue
from schemas.releases import CODELISTS, DIMENSIONS, RESIDUALS, Vintage

Labels = Mapping[Language, str]
LANGUAGES: tuple[Language, ...] = get_args(Language)
VINTAGES: tuple[Vintage, ...] = get_args(Vintage)


def _labels(en: str, fr: str, ar: str) -> Labels:
    return {"en": en, "fr": fr, "ar": ar}


CONCEPTS: Mapping[str, Labels] = {
    "RELEASE": _labels("Release", "Publication", "النشرة"),
    "TABLE": _labels("Table", "Tableau", "الجدول"),
    "VINTAGE": _labels("Vintage", "Millésime", "الإصدار"),
    "FREQ": _labels("Frequency", "Périodicité", "الدورية"),
    "INDICATOR": _labels("Indicator", "Indicateur", "المؤشر"),
    "REF_AREA": _labels("Reporting country", "Pays déclarant", "البلد المبلغ"),
    "TIME_PERIOD": _labels("Period", "Période", "الفترة"),
    "SEX": _labels("Sex", "Sexe", "الجنس"),
    "AGE": _labels("Age", "Âge", "العمر"),
    "FORM": _labels("Form of exploitation", "Forme d’exploitation", "شكل الاستغلال"),
    "ORIGIN": _labels("Country of recruitment", "Pays de recrutement", "بلد الاستقطاب"),
    "STAGE": _labels("Stage reached", "Étape atteinte", "المرحلة"),
    "AXIS": _labels("Axis", "Axe", "المحور"),
    "MODE": _labels("Mode", "Modalité", "الطريقة"),
    "DIRECTION": _labels("Direction", "Sens", "الاتجاه"),
    "KIND": _labels("Kind", "Type", "النوع"),
    "MONTH_TOLD": _labels("Month told", "Mois déclaré", "الشهر مذكور"),
    "OBS_VALUE": _labels("Value", "Valeur", "القيمة"),
    "MEASUREMENT": _labels("Measurement", "Mesure brute", "القياس الخام"),
    "LOWER_BOUND": _labels("Lower bound", "Borne inférieure", "الحد الأدنى"),
    "UPPER_BOUND": _labels("Upper bound", "Borne supérieure", "الحد الأعلى"),
    "OBS_STATUS": _labels("Status", "Statut", "الحالة"),
    "CONF_STATUS": _labels("Confidentiality", "Confidentialité", "السرية"),
    "UNIT_MEASURE": _labels("Unit", "Unité", "الوحدة"),
    "LOW_RELIABILITY": _labels("Low reliability", "Fiabilité faible", "موثوقية ضعيفة"),
}
"""Every column of an export."""

VINTAGE_LABELS: Mapping[str, Labels] = {
    "PROVISIONAL": _labels("Provisional", "Provisoire", "مؤقت"),
    "FINAL": _labels("Final", "Définitif", "نهائي"),
    "ERRATUM": _labels("Erratum", "Erratum", "تصويب"),
}
MONTH_TOLD_LABELS: Mapping[str, Labels] = {
    "Y": _labels("Cases whose month was told", "Cas dont le mois est déclaré", "قضايا ذُكر شهرها"),
    "N": _labels(
        "Cases whose month was not told; no total",
        "Cas dont le mois n’est pas déclaré ; n’est pas un total",
        "قضايا لم يُذكر شهرها؛ ليس مجموعا",
    ),
}
REASONS: Mapping[str, Labels] = {
    "SOURCE_ERROR": _labels("Error at the source", "Erreur à la source", "خطأ في المصدر"),
    "METHOD_ERROR": _labels("Error of method", "Erreur de méthode", "خطأ في المنهجية"),
    "KEY_COMPROMISED": _labels("Key compromised", "Clé compromise", "مفتاح مخترق"),
    "LEGAL_ORDER": _labels("Legal order", "Décision de justice", "أمر قضائي"),
}
WITHDRAWN_ON = _labels("withdrawn on", "retirée le", "سُحبت بتاريخ")
EXACT = _labels("exact", "exact", "دقيق")
DETECTIONS = _labels(
    "detections, not prevalence", "détections, non prévalence", "حالات مكتشفة لا معدل انتشار"
)
NO_MONTH = _labels("month not told", "mois non déclaré", "الشهر غير مذكور")
BETWEEN = _labels("between", "entre", "بين")
TRULY = _labels(
    "the true count lies between the bounds in {coverage} of cells",
    "l’effectif réel se trouve entre les bornes dans {coverage} des cellules",
    "يقع العدد الحقيقي بين الحدين في {coverage} من الخلايا",
)
UNSURE = _labels(
    "? below {least}: not to be relied on",
    "? moins de {least} : peu fiable",
    "؟ أقل من {least}: لا يعول عليه",
)
YES_NO: Mapping[bool, Labels] = {
    True: codelist("CL_YES_NO").entries["Y"].labels,
    False: codelist("CL_YES_NO").entries["N"].labels,
}


def codes_of(column: str) -> Mapping[str, Labels]:
    """Every code that a column may have, with its labels; empty for a column without codes.

    Example:
        >>> codes_of("SEX")["F"]["fr"]
        'Féminin'
    """
    if column == "INDICATOR":
        return {code: entry.names for code, entry in catalogue().items()}
    if column == "VINTAGE":
        return VINTAGE_LABELS
    if column == "MONTH_TOLD":
        return MONTH_TOLD_LABELS
    if column not in CODELISTS:
        return {}
    labels: dict[str, Labels] = {code.code: code.labels for code in codelist(CODELISTS[column])}
    # In releases these two mean more than in the lists: "other" is also what is told too coarsely.
    return {**labels, **RESIDUALS} if column in DIMENSIONS[2:] else labels


def label(column: str, code: str, language: Language) -> str:
    """What a code of a column is called; the code itself for an indicator not known here.

    Example:
        >>> label("REF_AREA", "TUN", "en"), label("VINTAGE", "FINAL", "fr")
        ('Tunisia', 'Définitif')
    """
    known = codes_of(column)
    # Codes of lists were checked when the release was read; the catalogue of indicators grows.
    return known[code][language] if code in known or column != "INDICATOR" else code
