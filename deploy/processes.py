"""Looks at processes of this machine by their id."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def resident(pid: int | str) -> int:
    """Resident memory in bytes; 0 where it cannot be told.

    Args:
        pid: The process, or ``self``.
    """
    with suppress(OSError, IndexError, ValueError):
        pages = (_PROC / str(pid) / "statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def peak_resident() -> int:
    """The most resident memory that this process ever had, in bytes; 0 where it cannot be told.

    Not `resource.getrusage`: there a process inherits the peak of the one that started it.
    """
    with suppress(OSError, IndexError, ValueError):
        status = (_PROC / "self" / "status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return 0


def command_line(pid: int) -> str:
    """The command line of a process; nothing if it does not run."""
    if (_PROC / "self").exists():
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    told = subprocess.run(  # noqa: S603 - where there is no /proc
        ["ps", "-p", str(pid), "-o", "args="],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout
