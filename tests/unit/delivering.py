"""What tests of deliveries share: settings, and alerts of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.delivery.settings import Recipient, Settings
from schemas.alerts import CLOSED, AnalystAlert, ContactAlert, reasons_of
from schemas.topics import COUNTRY_CODES

WORDS = {"en": "Two cases.", "fr": "Deux cas.", "ar": "حالتان."}
CASE = "ab" * 16
NOON = 1_782_903_600
"""1 July 2026, a Wednesday, 12:00 in Tunis."""
HOUR = 3600


def alert_id(number: int) -> str:
    return f"{number:032x}"


def contact(
    number: int = 1,
    revision: int = 1,
    state: str = "NEW",
    *,
    country: str = "TUN",
    backed: bool = True,
    counterpart_backed: bool = True,
    doubtful: bool = False,
) -> ContactAlert:
    """An alert to a contact point."""
    about = {
        "detector": "D1",
        "cases": [{"authority": f"{COUNTRY_CODES[country]}.inltp", "case": CASE}],
        "counterparts": [{"country": "LBN", "backed": counterpart_backed}],
        "link_types": ["PHONE"],
        "months": {"first": "2026-05", "last": "2026-06"},
        "resembles": [],
        "doubtful": doubtful,
        "words": WORDS,
    }
    told = {"country": country, "backed": backed, "expires": "2027-06"}
    return ContactAlert.model_validate(_life(number, revision, state) | told | _about(state, about))


def analyst(number: int = 1, *, lead: bool = False) -> AnalystAlert:
    """An alert to analysts."""
    about = {
        "detector": "D6" if lead else "D2",
        "countries": ["LBN", "TUN"],
        "size": "4-9",
        "quarter": "2026-Q2",
        "resembles": [],
        "lead": lead,
        "words": WORDS,
    }
    fields = _life(number, 1, "NEW") | {"expires": "2027-Q2", "basis": ""}
    return AnalystAlert.model_validate(fields | {"about": about})


def _about(state: str, about: Mapping[str, Any]) -> dict[str, Any]:
    return {"about": None if state in CLOSED else about, "basis": ""}


def _life(number: int, revision: int, state: str) -> dict[str, Any]:
    step = {
        "state": state,
        "on": "2026-07-01",
        "by": "PLATFORM",
        "reason": next(iter(reasons_of(state)), None),
        "revision": revision,
    }
    return {
        "id": alert_id(number),
        "revision": revision,
        "state": state,
        "into": alert_id(99) if state == "MERGED" else None,
        "history": [step],
    }


def recipient(name: str = "duty", **more: Any) -> Recipient:
    """A recipient; by mail if nothing else is said."""
    way = {} if "webhook" in more else {"mail": f"{name}@inbox.example"}
    fields = {"name": name, "zone": "Africa/Tunis", "language": "en", **way, **more}
    return Recipient.model_validate(fields)


def settings(*recipients: Recipient, **more: Any) -> Settings:
    """Settings for recipients by any way."""
    fields = {
        "reader": "contact.tn",
        "console_url": "https://console.example/alerts",
        "smtp": {"host": "127.0.0.1", "security": "plain", "sender": "southmed@mail.example"},
        "recipients": list(recipients or (recipient(),)),
        **more,
    }
    return Settings.model_validate(fields)
