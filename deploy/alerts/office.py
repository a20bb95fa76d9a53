"""The process that publishes alerts: round after round of reading, detecting, planning, writing.

The rules:

1. Every round begins with what stands in the ledgers and on the topics; nothing is carried over
   from the round before, so a round that failed is made up for by the next.
2. Detecting takes as long as it takes. It goes on beside the loop, which answers for the process
   meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.alerts.gather import Gathered, gather
from deploy.alerts.place import Place
from deploy.home import Site
from processors.alerts import lines
from processors.alerts.log import Known, TopicLog
from processors.alerts.metrics import AlertMeters
from processors.alerts.plan import Held, Plan, plan
from processors.alerts.publish import Round
from processors.release.log import TopicLog as ReleaseLog
from processors.release.log import open_all
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.log_lines import tell


class Office:
    """The process that publishes alerts.

    Args:
        site: Its site, with the ledgers of all partitions.
        broker: Where Kafka is.
        meters: What is counted on the way.
    """

    def __init__(self, site: Path, broker: Broker, meters: AlertMeters | None = None) -> None:
        self._place = Place(Site(site))
        self.broker = broker
        self.meters = meters or AlertMeters()

    async def gathered(self, day: date) -> Gathered:
        """What is found now."""
        published = await ReleaseLog(self.broker).read()
        releases = open_all(published, self._place.site.trust())
        return await asyncio.to_thread(gather, self._place, releases, day)

    async def round(self, day: date) -> Round:
        """Publishes what has changed."""
        began = time.monotonic()
        found = await self.gathered(day)
        secrets = self._place.secrets()

        def make(there: Known) -> Plan:
            return plan(found.now, there.out, there.heard, secrets)

        done = await self._place.board(TopicLog(self.broker)).run(make)
        tell(lines.ALERTS_WRITTEN, alerts=len(done.written))
        held = [hit.country for hit in done.held]
        for country, number in sorted(Counter(held).items()):
            tell(lines.HITS_HELD, country=country, alerts=number)
        seconds = time.monotonic() - began
        self.meters.round_done(len(done.written), held, seconds, time.time())
        return done

    async def follow(self, every: float) -> None:
        """Round after round, until cancelled.

        Args:
            every: Seconds between two rounds.
        """
        while True:
            try:
                await self.round(datetime.now(UTC).date())
            except SouthmedError as error:
                self.meters.round_failed()
                tell(lines.ROUND_FAILED, code=error.code)
            await asyncio.sleep(every)

    async def audit(self, day: date) -> tuple[Known, tuple[Held, ...], Gathered]:
        """What is out, what would be held now, and what was found."""
        found = await self.gathered(day)
        there = await self._place.board(TopicLog(self.broker)).look()
        made = plan(found.now, there.out, there.heard, self._place.secrets())
        return there, made.held, found
