"""Measured: the intake worker as shipped, on a ledger of its own.

The worker asks for its trust and keys once for every record that it folds; that is where the
meter sits, so nothing of the worker is changed.
"""

from __future__ import annotations

from pathlib import Path

import faust

from deploy.bench.children import Job, Meter
from deploy.home import LiveSecrets, Site
from deploy.terminal import broker_at, set_up_logging
from processors.intake import worker
from processors.intake.fold import Secrets
from schemas.codec import registry


def main() -> None:
    """Folds the whole log."""
    set_up_logging(verbose=False)
    job = Job.from_arguments()
    site = Site(Path(job.site))
    meter, live = Meter(job), LiveSecrets(site)
    Path(job.folder).mkdir(parents=True, exist_ok=True)
    registry()

    def secrets() -> Secrets:
        meter.take()
        return live()

    # A group of its own: it need not wait until the last round's worker has timed out.
    settings = worker.Settings(
        broker_at(job.servers), Path(job.folder), secrets, site.receipt_key(), group=job.group
    )
    app = worker.create_app(settings)
    worker.calm_garbage_collector()
    faust.Worker(app, loglevel="CRITICAL", console_port=0, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main()
