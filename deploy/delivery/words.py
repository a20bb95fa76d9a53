"""The words of mails, in three languages.

French and Arabic have not been reviewed by a native speaker of the field yet (`REVIEWED`); mails do
not say so. No word here may tell what an alert is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.codelists import Language

REVIEWED: frozenset[Language] = frozenset({"en"})
RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar"})


class Words(NamedTuple):
    """What a mail says around its links."""

    subject: str
    look: str
    alert: str
    careful: str


WORDS: Mapping[Language, Words] = {
    "en": Words(
        subject="southmed: there is something to see",
        look="There is something for you to see in the southmed console. Please sign in and look:",
        alert="Alert",
        careful=(
            "This message tells nothing more on purpose. Please do not forward it. The console"
            " asks you to sign in as always; if it asks for anything else, close it and tell your"
            " administrator."
        ),
    ),
    "fr": Words(
        subject="southmed : un élément à consulter",
        look=(
            "Un élément vous attend dans la console southmed. Veuillez vous connecter et le"
            " consulter :"
        ),
        alert="Alerte",
        careful=(
            "Ce message n’en dit volontairement pas plus. Merci de ne pas le transférer. La console"
            " vous demande de vous connecter comme d’habitude ; si elle demande autre chose,"
            " fermez-la et prévenez votre administrateur."
        ),
    ),
    "ar": Words(
        subject="southmed: هناك ما يستدعي الاطلاع",
        look="هناك ما يستدعي اطلاعكم في منصة southmed. يرجى تسجيل الدخول والاطلاع عليه:",
        alert="التنبيه",
        careful=(
            "لا تتضمن هذه الرسالة أي تفاصيل أخرى عن قصد. يرجى عدم إعادة توجيهها. تطلب منكم المنصة"
            " تسجيل الدخول كالمعتاد؛ فإذا طلبت أي شيء آخر فأغلقوها وأبلغوا المسؤول التقني."
        ),
    ),
}
