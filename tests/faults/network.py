"""A far side of a network on one machine: a namespace of its own behind a cable that can be cut.

The far side is a Linux network namespace, joined to this one by a pair of virtual interfaces. The
brokers listen on this end of the cable too. Pulling the cable loses packets without a word, as a
cut fibre does; a token bucket with hardly any queue makes the line slow and lossy (``tc netem``
would be the tool for that; not every kernel has it).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

NEAR_ADDRESS, FAR_ADDRESS = "10.203.77.1", "10.203.77.2"
NETEM = ("netem", "delay", "80ms", "40ms", "loss", "5%")
BUCKET = ("tbf", "rate", "1mbit", "burst", "6kb", "limit", "12kb")


def missing() -> str:
    """Why there can be no far side here; nothing if there can be."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None or shutil.which("tc") is None:
        return "no ip or tc; on Debian: apt install iproute2"
    made = subprocess.run(["ip", "netns", "add", "southmed-try"], capture_output=True, check=False)
    if made.returncode != 0:
        return "this kernel gives no network namespace"
    subprocess.run(["ip", "netns", "del", "southmed-try"], check=True)
    return ""


@dataclass(frozen=True)
class Far:
    """A far side.

    Attributes:
        namespace: Its name.
        near: This end of the cable.
        far: The other end.
    """

    namespace: str
    near: str
    far: str

    @property
    def prefix(self) -> Sequence[str]:
        """The command that runs another one on the far side."""
        return ("ip", "netns", "exec", self.namespace)

    def cut(self) -> None:
        """Pulls the cable."""
        _run("ip", "link", "set", self.near, "down")

    def heal(self) -> None:
        """Plugs it in again."""
        _run("ip", "link", "set", self.near, "up")

    def worsen(self) -> str:
        """Makes the line slow and lossy both ways; says how."""
        for discipline in (NETEM, BUCKET):
            near = ("tc", "qdisc", "add", "dev", self.near, "root", *discipline)
            if subprocess.run(near, capture_output=True, check=False).returncode == 0:
                _run(*self.prefix, "tc", "qdisc", "add", "dev", self.far, "root", *discipline)
                return " ".join(discipline)
        raise AssertionError("this kernel makes no line slow")

    def restore(self) -> None:
        """Makes the line good again."""
        _run("tc", "qdisc", "del", "dev", self.near, "root")
        _run(*self.prefix, "tc", "qdisc", "del", "dev", self.far, "root")


@contextmanager
def far_side() -> Iterator[Far | None]:
    """A far side for as long as it is needed, or None where there can be none."""
    if missing():
        yield None
        return
    far = Far(f"southmed-{os.getpid()}", f"smn{os.getpid() % 10_000}", f"smf{os.getpid() % 10_000}")
    _run("ip", "netns", "add", far.namespace)
    try:
        _run("ip", "link", "add", far.near, "type", "veth", "peer", "name", far.far)
        _run("ip", "link", "set", far.far, "netns", far.namespace)
        _run("ip", "addr", "add", f"{NEAR_ADDRESS}/30", "dev", far.near)
        _run("ip", "link", "set", far.near, "up")
        _run(*far.prefix, "ip", "addr", "add", f"{FAR_ADDRESS}/30", "dev", far.far)
        _run(*far.prefix, "ip", "link", "set", far.far, "up")
        _run(*far.prefix, "ip", "link", "set", "lo", "up")
        yield far
    finally:
        # The cable goes with the namespace that holds its end.
        _run("ip", "netns", "del", far.namespace)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
