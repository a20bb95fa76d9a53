"""What the deployment files start exists: every command and option, and Kafka's version."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from typer.main import get_command

from deploy.cli import app
from tests.unit.deployment import COMPOSE, DEPLOY, SYSTEMD, pods

ENVIRONMENT = {"--site", "--broker", "--identity", "--health"}
"""Options that the files give as variables: SOUTHMED_SITE and so on."""


def _compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text("utf-8"))
    return dict(services["services"])


def _lines() -> Iterator[list[str]]:
    """Every command line of ours in the files, as a process would see it."""
    for unit in SYSTEMD.glob("*.service"):
        for line in re.findall(r"^ExecStart=(.*)", unit.read_text("utf-8"), re.MULTILINE):
            yield shlex.split(line.replace("/opt/southmed/bin/", ""))
    for service in _compose().values():
        if service["image"].startswith("southmed:"):
            yield ["lay-site", *service["command"]]
            yield service["healthcheck"].get("test", ["CMD"])[1:]
    for pod in pods().values():
        for container in pod["containers"]:
            yield ["lay-site", *container["args"]]
            for name, probe in container.items():
                if name.endswith("Probe"):
                    yield probe["exec"]["command"]


COMMANDS = sorted({shlex.join(line) for line in _lines() if line})


def _read(words: list[str]) -> None:
    """Reads a command line as the command would, and runs nothing."""
    command: Any = get_command(app)
    words = words[1:]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    given = [f"{name}=1" for name in sorted(ENVIRONMENT & known - set(words))]
    command.make_context(command.name, [*words, *given])


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_that_is_started_is_one_of_southmeds(line: str) -> None:
    words = shlex.split(line)
    if words[0] == "lay-site":
        assert (DEPLOY / words[0]).is_file()
        place, words = words[1], words[2:]
        assert re.fullmatch(r"-|platform|console|(authorities|trustees|delivery)/\S+", place)
    assert words[0] == "southmed"
    _read(words)


@pytest.mark.parametrize("wrong", ["walk", "run --wroker 1"])
def test_a_command_that_is_none_would_be_noticed(wrong: str) -> None:
    with pytest.raises(Exception, match=r"walk|--wroker"):
        _read(["southmed", "intake", *wrong.split()])


def test_long_running_processes_have_a_port_of_health_and_an_identity() -> None:
    """The files give both as variables; a command that did not know them would not say so."""
    command: Any = get_command(app)
    for group, name in (("intake", "run"), ("adapter", "run"), ("linkage", "serve")):
        known = {parameter.envvar for parameter in command.commands[group].commands[name].params}
        assert {"SOUTHMED_IDENTITY", "SOUTHMED_HEALTH"} <= known


def test_the_image_of_kafka_is_the_version_that_the_tests_run() -> None:
    pom = DEPLOY / "brokers" / "kafka" / "pom.xml"
    version = re.search(r"<kafka\.version>([\d.]+)</kafka\.version>", pom.read_text("utf-8"))
    assert version
    images = {s["image"] for name, s in _compose().items() if name.startswith("kafka-")}
    assert images == {f"apache/kafka:{version[1]}"}
