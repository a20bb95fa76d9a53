"""One alert of Tunisia's contact point from its first revision on, as the platform tells it."""

from __future__ import annotations

from datetime import date
from functools import cache

from deploy.alerts.reader import Told
from schemas.alerts import CONTACTS
from tests.unit.alerting import Platform
from tests.unit.detection import NOW, sight

TUN = CONTACTS["TUN"]
TWO = [sight(case, "phone") for case in ("TUN/1", "TUN/2", "LBN/1")]
"""Two cases of Tunisia and one of Lebanon."""
JORDAN = [sight("JOR/9", "phone", month=NOW - 1)]
MORE = [sight("TUN/3", "phone")]
DAYS = {
    1: date(2026, 7, 15),
    2: date(2026, 7, 20),
    3: date(2026, 8, 1),
    4: date(2026, 8, 3),
    5: date(2026, 8, 10),
    6: date(2026, 8, 15),
    7: date(2026, 9, 15),
}
"""On which the broker took each revision; those of the platform's steps are the same."""


@cache
def story() -> dict[int, Told]:
    """Told, Jordan named, one case more, answered, Jordan withdrawn, all withdrawn, found again."""
    platform, told = Platform(), {}
    platform.tell(TWO)
    alert = platform.only("TUN")

    def taken() -> None:
        newest = platform.out[TUN][alert.id]
        told[newest.revision] = Told(newest, DAYS[newest.revision])

    taken()
    for seen in (TWO + JORDAN, TWO + JORDAN + MORE):
        platform.tell(seen)
        taken()
    platform.answer(TUN, alert, "CONFIRMED", "JOINT_CASE")
    for seen, month in ((TWO + JORDAN + MORE, NOW), (TWO + MORE, NOW), ([], NOW + 1)):
        platform.tell(seen, month=month)
        taken()
    platform.tell(TWO + JORDAN, month=NOW + 2)
    taken()
    assert [*told] == [*DAYS]
    return told
