"""An invented country joins by exactly the lines that ``docs/authority.md`` shows.

The lines are read from the page and given to a shell, in a copy of the source tree, because some of
them add to code lists. Nothing is known here but where the page leaves a word to people: the key id
that the office reads aloud, and a port that is free on this machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.brokers.kafka.cluster import free_ports
from tests.kafka.cluster import check_kafka

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "authority.md"
HEADING = "## A country joins, command by command"
ROOMS = ("schemas", "country_adapters", "producers", "processors", "deploy", "docs")
UNNEEDED = shutil.ignore_patterns("__pycache__")
FEWER_THAN = 20
FINE = (0, 3)
"""All is well, or some rows stay home and something is to be looked at."""


def lines() -> list[str]:
    """The commands and edits of the page, in order; a here-document belongs to its command."""
    section = PAGE.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    found: list[str] = []
    end = ""
    for block in re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if end:
                found[-1] += f"\n{line}"
                end = "" if line == end else end
            elif not line.startswith("#"):
                found.append(line)
                end = line.partition("<<'")[2].rstrip("'")
    return found


class Office:
    """A copy of the source tree, and a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(1)
        self.keyid = ""
        self._behind: list[subprocess.Popen[bytes]] = []
        for room in ROOMS:
            shutil.copytree(
                ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__")
            )
        programs = folder / "bin"
        programs.mkdir()
        for name, command in (("southmed", "-m deploy.cli"), ("python", "")):
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n')
            (programs / name).chmod(0o755)
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
        }

    def type(self, line: str) -> str:
        """Types a line as a person would, and gives what it prints."""
        line = line.replace("19092", str(self.port)).replace("KEYID", self.keyid)
        if line.endswith(" &"):
            self._behind.append(
                subprocess.Popen(
                    ["bash", "-c", f"exec {line.removesuffix(' &')}"],
                    cwd=self.folder,
                    env=self._environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            return ""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode in FINE, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def told(self, line: str) -> Any:
        return json.loads(self.type(f"{line} --json"))

    def close(self) -> None:
        for process in self._behind:
            process.send_signal(signal.SIGINT)
            process.wait(30)
        self.type("southmed broker stop --site platform || true")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    check_kafka(tmp_path)
    made = Office(tmp_path / "southmed")
    try:
        yield made
    finally:
        made.close()


def test_the_page_has_fewer_than_twenty_lines_and_none_in_python() -> None:
    own = [line for line in lines() if "deploy.registers" not in line]
    assert 10 < len(own) < FEWER_THAN
    assert [line for line in own if ".py" in line] == []


def test_an_invented_country_comes_from_nothing_to_accepted_batches(office: Office) -> None:
    for line in lines():
        said = office.type(line)
        if line.startswith("southmed site join"):
            office.keyid = said.split()[-1]
    stands = office.told("southmed adapter status office/register --site office/site")
    assert stands["events"] == stands["events_receipted"] > 1_000
    assert (stands["events_refused"], stands["batches_pending"]) == (0, 0)
    assert stands["rows_rejected"] == planted(office)

    counted = office.told("southmed intake anonymity --site platform")
    assert counted["quarters"]
    assert counted["as_attested"]
    seen = office.told("southmed indicators show VIC_IDENT --site platform")
    assert {observation["ref_area"] for observation in seen} == {"XEX"}
    assert "شخص وهمي" in office.type(
        "python -c 'print(open(\"deploy/registers/newcomer.py\").read())'"
    )
    assert "شخص وهمي" not in (office.folder / "office" / "preview.html").read_text("utf-8")


def planted(office: Office) -> int:
    """How many faults the invented list has."""
    said = office.type("python -m deploy.registers again.xlsx")
    return int(said.split("rows, ")[1].split()[0])
