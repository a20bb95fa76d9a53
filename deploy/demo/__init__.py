"""The whole way of an event on one machine: from four registers to what an analyst reads.

Everything is the real thing but the registers' content. Each party is a process of its own, told
nothing but what it is told in production; only the adapters run inside the demo, for their bars.

``world``      what was invented
``registers``  the four registers, and rows that come in later
``adapters``   the four adapters
``processes``  southmed commands as processes of their own
``platform``   trustee, releases, alerts and console: who runs when, and what came of it
``stages``     the steps that the reader waits for, in plain words
"""

from deploy.demo.adapters import account, followed, run_adapters
from deploy.demo.processes import (
    INTAKE,
    WorkerEnded,
    connecting,
    environment,
    intake_workers,
    southmed,
    start_worker,
    watch,
)
from deploy.demo.registers import DemoSite, copy_register, prepare, write_registers

__all__ = [
    "INTAKE",
    "DemoSite",
    "WorkerEnded",
    "account",
    "connecting",
    "copy_register",
    "environment",
    "followed",
    "intake_workers",
    "prepare",
    "run_adapters",
    "southmed",
    "start_worker",
    "watch",
    "write_registers",
]
