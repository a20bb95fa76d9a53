"""The words of the page that a data-protection officer signs, in three languages.

The Arabic ones were written for this project and await a native reader of the field, as the page
itself says.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.codelists import Language

DIRECTION: Mapping[Language, str] = {"en": "ltr", "fr": "ltr", "ar": "rtl"}
NAME: Mapping[Language, str] = {"en": "English", "fr": "Français", "ar": "العربية"}

_ENGLISH = {
    "title": "What would leave the register",
    "lead": "Made from the register as it stands, before anything was sent. Every field that can"
    " leave is listed with every value that occurs. This page stays at the authority: it counts"
    " exactly, small numbers too.",
    "unreviewed": "",
    "register": "Register",
    "authority": "Authority",
    "day": "Day",
    "declarations": "Digest of the declarations (SHA-256)",
    "content": "Digest of what was previewed (SHA-256)",
    "numbers": "Numbers",
    "table": "Table",
    "rows": "Rows",
    "accepted": "Accepted",
    "refused": "Refused",
    "events": "Events",
    "all": "All",
    "home": "Columns that stay home",
    "home_lead": "They are dropped when the register is read. No rule sees them.",
    "read": "Columns that are read, and what leaves of them",
    "column": "Column",
    "leaves": "What leaves",
    "fields": "Fields that leave",
    "fields_lead": "An event is closed: it has no field for a name, a day, a number of a document"
    " or free text.",
    "keyed": "Each event also carries references to the case and the person. They are pseudonyms"
    " made with a secret that never leaves the authority, and are not shown here.",
    "every": "Every event",
    "number_of": "Number",
    "nothing": "not told",
    "refusals": "Rows refused",
    "refusals_lead": "They stay home whole until the register or the declarations are corrected."
    " They are named by their place, never by their content.",
    "none_refused": "No row was refused.",
    "reason": "Reason",
    "places": "Places",
    "more": "and {count} more",
    "identifiers": "Identifiers of alleged facilitators",
    "identifiers_lead": "Nothing leaves of them yet: they wait at the authority. When linkage"
    " begins, a keyed token leaves in place of each, never the identifier itself. They were"
    " declared to be of alleged facilitators; none may be of a victim or a reporter.",
    "no_identifiers": "No column of this register is declared to hold any.",
    "type": "Type",
    "unusable": "Identifiers that cannot be used. Their rows are stated without them.",
    "signature": "Signature",
    "statement": "I have examined what leaves and what stays home, as listed on this page.",
    "name": "Name and function",
    "date": "Date",
    "sign": "Signature",
    "way_codes": "codes of closed lists",
    "way_number": "a count",
    "way_month": "its month",
    "way_age": "a band of age",
    "way_delay": "a band of days",
    "way_months": "a band of months",
    "way_size": "a band of how many",
    "way_geography": "only whether borders were crossed",
    "way_flag": "only yes or no",
    "way_filled": "only whether anything stands there",
    "way_token": "nothing yet; a keyed token when linkage begins",
    "way_pseudonym": "only keyed pseudonyms made of it",
    "way_decides": "nothing; it is used for checks only",
}
_FRENCH = {
    "title": "Ce qui sortirait du registre",
    "lead": "Établi à partir du registre tel qu’il est, avant tout envoi. Chaque champ qui peut"
    " sortir est donné avec toutes les valeurs présentes. Cette page reste dans l’autorité : elle"
    " compte exactement, les petits nombres aussi.",
    "unreviewed": "",
    "register": "Registre",
    "authority": "Autorité",
    "day": "Jour",
    "declarations": "Empreinte des déclarations (SHA-256)",
    "content": "Empreinte de ce qui a été examiné (SHA-256)",
    "numbers": "Nombres",
    "table": "Table",
    "rows": "Lignes",
    "accepted": "Acceptées",
    "refused": "Refusées",
    "events": "Événements",
    "all": "Total",
    "home": "Colonnes qui ne sortent pas",
    "home_lead": "Elles sont écartées dès la lecture du registre. Aucune règle ne les voit.",
    "read": "Colonnes lues, et ce qui en sort",
    "column": "Colonne",
    "leaves": "Ce qui sort",
    "fields": "Champs qui sortent",
    "fields_lead": "Un événement est fermé : il n’a pas de champ pour un nom, un jour, un numéro de"
    " document ou du texte libre.",
    "keyed": "Chaque événement porte aussi des références au dossier et à la personne. Ce sont des"
    " pseudonymes faits avec un secret qui ne quitte jamais l’autorité ; ils ne sont pas montrés"
    " ici.",
    "every": "Tous les événements",
    "number_of": "Nombre",
    "nothing": "non indiqué",
    "refusals": "Lignes refusées",
    "refusals_lead": "Elles restent entières dans l’autorité jusqu’à la correction du registre ou"
    " des déclarations. Elles sont désignées par leur place, jamais par leur contenu.",
    "none_refused": "Aucune ligne n’a été refusée.",
    "reason": "Motif",
    "places": "Places",
    "more": "et {count} autres",
    "identifiers": "Identifiants de facilitateurs présumés",
    "identifiers_lead": "Rien n’en sort encore : ils attendent dans l’autorité. Quand le"
    " rapprochement commencera, un jeton à clé sortira à la place de chacun, jamais l’identifiant"
    " lui-même. Ils ont été déclarés comme étant de facilitateurs présumés ; aucun ne peut être"
    " d’une victime ni d’un déclarant.",
    "no_identifiers": "Aucune colonne de ce registre n’est déclarée en contenir.",
    "type": "Type d’identifiant",
    "unusable": "Identifiants inutilisables. Leurs lignes sont déclarées sans eux.",
    "signature": "Signature",
    "statement": "J’ai examiné ce qui sort et ce qui ne sort pas, comme indiqué sur cette page.",
    "name": "Nom et fonction",
    "date": "Date",
    "sign": "Signature",
    "way_codes": "des codes de listes fermées",
    "way_number": "un nombre",
    "way_month": "son mois",
    "way_age": "une tranche d’âge",
    "way_delay": "une tranche de jours",
    "way_months": "une tranche de mois",
    "way_size": "une tranche d’effectif",
    "way_geography": "seulement si des frontières ont été franchies",
    "way_flag": "seulement oui ou non",
    "way_filled": "seulement si elle est remplie",
    "way_token": "rien encore ; un jeton à clé quand le rapprochement commencera",
    "way_pseudonym": "seulement des pseudonymes à clé",
    "way_decides": "rien ; elle ne sert qu’aux contrôles",
}
_ARABIC = {
    "title": "ما الذي سيغادر السجل",
    "lead": "أُعدت هذه الصفحة من السجل كما هو قبل أي إرسال. يُذكر كل حقل يمكن أن يغادر مع جميع القيم"
    " الواردة فيه. تبقى هذه الصفحة لدى الهيئة: فهي تعدّ بدقة، بما في ذلك الأعداد الصغيرة.",
    "unreviewed": "كُتب النص العربي لهذه الصفحة والتسميات المعلَّمة بالعلامة † لهذا المشروع، ولم"
    " تُراجَع بعد.",
    "register": "السجل",
    "authority": "الهيئة",
    "day": "اليوم",
    "declarations": "بصمة التصريحات (SHA-256)",
    "content": "بصمة ما تمت معاينته (SHA-256)",
    "numbers": "الأعداد",
    "table": "الجدول",
    "rows": "الأسطر",
    "accepted": "المقبولة",
    "refused": "المرفوضة",
    "events": "الوقائع",
    "all": "المجموع",
    "home": "الأعمدة التي لا تغادر",
    "home_lead": "تُستبعد عند قراءة السجل، ولا تراها أي قاعدة.",
    "read": "الأعمدة المقروءة وما يغادر منها",
    "column": "العمود",
    "leaves": "ما يغادر",
    "fields": "الحقول التي تغادر",
    "fields_lead": "الواقعة مغلقة: ليس فيها حقل لاسم أو يوم أو رقم وثيقة أو نص حر.",
    "keyed": "تحمل كل واقعة أيضا مراجع للملف وللشخص، وهي أسماء مستعارة تُنشأ بسر لا يغادر الهيئة"
    " أبدا، ولا تظهر هنا.",
    "every": "كل الوقائع",
    "number_of": "العدد",
    "nothing": "غير مذكور",
    "refusals": "الأسطر المرفوضة",
    "refusals_lead": "تبقى كاملة لدى الهيئة إلى أن يُصحَّح السجل أو التصريحات، ويُشار إليها بموضعها لا"
    " بمحتواها.",
    "none_refused": "لم يُرفض أي سطر.",
    "reason": "السبب",
    "places": "المواضع",
    "more": "و{count} غيرها",
    "identifiers": "معرّفات الميسّرين المزعومين",
    "identifiers_lead": "لا يغادر منها شيء بعد: تبقى لدى الهيئة. وعندما يبدأ الربط يغادر بدل كل"
    " معرّف رمز بمفتاح، ولا يغادر المعرّف نفسه أبدا. وقد صُرِّح بأنها لميسّرين مزعومين، ولا يجوز أن"
    " يكون منها ما يخص ضحية أو مبلِّغا.",
    "no_identifiers": "لم يُصرَّح بأي عمود من هذا السجل على أنه يحوي معرّفات.",
    "type": "النوع",
    "unusable": "معرّفات لا يمكن استعمالها، وتُذكر أسطرها بدونها.",
    "signature": "التوقيع",
    "statement": "اطلعت على ما يغادر وما لا يغادر كما هو مبين في هذه الصفحة.",
    "name": "الاسم والصفة",
    "date": "التاريخ",
    "sign": "التوقيع",
    "way_codes": "رموز من قوائم مغلقة",
    "way_number": "عدد",
    "way_month": "شهره فقط",
    "way_age": "فئة عمرية",
    "way_delay": "فئة من الأيام",
    "way_months": "فئة من الأشهر",
    "way_size": "فئة عددية",
    "way_geography": "هل عُبرت حدود فقط",
    "way_flag": "نعم أو لا فقط",
    "way_filled": "هل هو مملوء فقط",
    "way_token": "لا شيء بعد؛ رمز بمفتاح عندما يبدأ الربط",
    "way_pseudonym": "أسماء مستعارة بمفتاح فقط",
    "way_decides": "لا شيء؛ يستعمل للتحقق فقط",
}
WORDS: Mapping[Language, Mapping[str, str]] = {"en": _ENGLISH, "fr": _FRENCH, "ar": _ARABIC}
