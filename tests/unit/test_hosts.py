"""The files for machines: systemd units, the compose file, and how a site is laid out on both.

Units and compose file were never run here. Units are read by systemd's own checks, the compose file
by the Compose specification's own loader; the layout is made for real, in a folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.brokers.rules import everywhere
from deploy.home import Site, init_site, read_private
from deploy.manifests.properties import BROKERS, settings
from schemas.access import principals
from schemas.errors import KeyFileInvalid
from tests.unit.deployment import COMPOSE, COMPOSE_LOADER, DEPLOY, SYSTEMD, Node, tool

# --- systemd -------------------------------------------------------------------------------------

UNITS = sorted(path.name for path in SYSTEMD.iterdir() if path.suffix in {".service", ".timer"})
SERVICES = [name for name in UNITS if name.endswith(".service")]
EXPOSURE = 15
"""Tenths of systemd's exposure level, 0 to 100. What is left is the network and the host's files,
both of which the processes need."""


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, with an instance of each template, and programs for them to find."""
    folder = tmp_path_factory.mktemp("units")
    shutil.copytree(SYSTEMD, folder, dirs_exist_ok=True)
    for name in ("lay-site", "southmed"):
        (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    for path in folder.glob("*.service"):
        text = path.read_text(encoding="utf-8").replace("/opt/southmed/bin", str(folder))
        path.with_name(path.name.replace("@", "@one")).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: str, units: Path) -> None:
    checked = subprocess.run(
        [tool("systemd-analyze"), "verify", "--man=no", str(units / unit.replace("@", "@one"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_exposed_no_more_than_it_must(unit: str, units: Path) -> None:
    """Each takes its hardening from the drop-in of the prefix; without it the level is 9.6."""
    options = ("--offline=true", f"--threshold={EXPOSURE}", "--no-pager")
    rated = subprocess.run(
        [tool("systemd-analyze"), "security", *options, str(units / unit.replace("@", "@one"))],
        capture_output=True,
        text=True,
        check=False,
    )
    print(rated.stdout.splitlines()[-1])
    assert rated.returncode == 0, rated.stdout


@pytest.mark.parametrize("unit", SERVICES)
def test_keys_reach_a_service_as_credentials_only(unit: str) -> None:
    text = (SYSTEMD / unit).read_text(encoding="utf-8")
    handed = set(re.findall(r"^LoadCredential=([\w.]+):/etc/southmed/private/", text, re.MULTILINE))
    assert {"identity.pem", "ca.pem"} <= handed
    place = re.search(r"^ExecStart=/opt/southmed/bin/lay-site (\S+)", text, re.MULTILINE)
    assert place
    assert (place[1] == "-") == (not any(name.endswith(".key") for name in handed))


def test_every_timer_has_its_service() -> None:
    timers = [name for name in UNITS if name.endswith(".timer")]
    assert timers
    assert {name.replace(".timer", ".service") for name in timers} <= set(SERVICES)


# --- The layout of a site ------------------------------------------------------------------------


class Host:
    """A machine as a supervisor leaves it: keys in one folder, belonging to another, not private.

    Args:
        folder: Where it all is.
        files: What is handed over, beside an identity.
    """

    def __init__(self, folder: Path, files: dict[str, Path]) -> None:
        self.site = Site(folder / "site")
        self.memory = folder / "memory"
        self.given = folder / "given"
        self.given.mkdir()
        self._trust = folder / "trust.json"
        for name, path in files.items():
            self.hand_over(name, path.read_bytes())
        for name in ("identity.pem", "ca.pem"):
            self.hand_over(name, b"a certificate")

    def hand_over(self, name: str, content: bytes) -> None:
        given = self.given / name
        given.unlink(missing_ok=True)
        given.write_bytes(content)
        given.chmod(0o440)

    def publish(self, trust: bytes) -> None:
        draft = self._trust.with_suffix(".new")
        draft.write_bytes(trust)
        draft.replace(self._trust)

    def start(self, place: str) -> str:
        """Runs the script, and a command that tells what it got."""
        told = ("sh", "-c", 'echo "started $SOUTHMED_SITE"')
        environment = {
            "PATH": os.environ["PATH"],
            "CREDENTIALS_DIRECTORY": str(self.given),
            "SOUTHMED_IDENTITY": str(self.memory / "identity"),
            "SOUTHMED_SITE": str(self.site.root),
            "SOUTHMED_TRUST": str(self._trust),
        }
        return subprocess.run(
            ["sh", DEPLOY / "lay-site", place, *told],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@pytest.fixture
def keys(tmp_path: Path) -> Site:
    """Keys of everyone, as their owners made them."""
    return init_site(tmp_path / "made", {"tn.inltp": "TUN"})


@pytest.fixture
def host(tmp_path: Path, keys: Site) -> Host:
    names = ("opening.key", "receipts.key", "linkage.key")
    made = Host(tmp_path, {name: keys.platform / name for name in names})
    made.publish(keys.trust_file.read_bytes())
    return made


def test_a_worker_finds_its_keys_and_the_trust_document(host: Host, keys: Site) -> None:
    assert host.start("platform") == f"started {host.site.root}\n"
    assert [key.keyid for key in host.site.opening_keys()] == [
        key.keyid for key in keys.opening_keys()
    ]
    assert host.site.receipt_key().keyid == keys.receipt_key().keyid
    assert host.site.linkage_key() == keys.linkage_key()
    assert host.site.trust() == keys.trust()


def test_an_adapter_finds_its_keys(tmp_path: Path, keys: Site) -> None:
    folder = keys.authority("tn.inltp")
    names = ("signing.key", "pseudonyms.key")
    host = Host(tmp_path, {name: folder / name for name in names})
    host.publish(keys.trust_file.read_bytes())
    host.start("authorities/tn.inltp")
    assert host.site.signing_key("tn.inltp").keyid == keys.signing_key("tn.inltp").keyid
    assert host.site.pseudonym_key("tn.inltp") == keys.pseudonym_key("tn.inltp")


def test_what_is_handed_over_would_be_refused_as_it_is(host: Host) -> None:
    """Why the script copies: a group may read what systemd and Kubernetes hand over."""
    with pytest.raises(KeyFileInvalid):
        read_private(host.given / "opening.key")


def test_no_private_file_lies_on_the_disk_of_the_site(host: Host) -> None:
    host.start("platform")
    assert [p for p in host.site.root.rglob("*") if p.is_file() and not p.is_symlink()] == []
    copies = [path for path in host.memory.rglob("*") if path.is_file()]
    assert {path.name for path in copies} == {
        "identity.pem",
        "ca.pem",
        "opening.key",
        "receipts.key",
        "linkage.key",
    }
    assert [path for path in copies if path.stat().st_mode & 0o077] == []


def test_a_new_key_is_taken_in_at_the_next_start_a_new_trust_document_at_once(
    host: Host, keys: Site, tmp_path: Path
) -> None:
    host.start("platform")
    later = init_site(tmp_path / "later", {"tn.inltp": "TUN"})
    host.publish(later.trust_file.read_bytes())
    assert host.site.trust() == later.trust() != keys.trust()
    host.hand_over("receipts.key", (later.platform / "receipts.key").read_bytes())
    assert host.site.receipt_key().keyid == keys.receipt_key().keyid
    host.start("platform")
    assert host.site.receipt_key().keyid == later.receipt_key().keyid


def test_a_command_that_needs_no_keys_gets_none(host: Host) -> None:
    host.start("-")
    assert list(host.site.root.iterdir()) == [host.site.trust_file]
    assert list((host.memory / "keys").iterdir()) == []


# --- Compose -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose() -> Node:
    """The file as YAML has it, before any loader."""
    read: Node = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))
    return read


def load(folder: Path) -> subprocess.CompletedProcess[str]:
    """Loads ``compose.yaml`` of a folder with the specification's own loader."""
    return subprocess.run(
        [tool("go"), "run", COMPOSE_LOADER, "--format", "json", str(folder / "compose.yaml")],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_the_compose_file_holds_under_the_compose_specification(
    tmp_path: Path, compose: Node
) -> None:
    shutil.copytree(COMPOSE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "cluster.env").write_text("CLUSTER_ID=AAAAAAAAAAAAAAAAAAAAAA\n", encoding="utf-8")
    loaded = load(tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert set(json.loads(loaded.stdout)["services"]) == set(compose["services"])

    # The check bites.
    text = (tmp_path / "compose.yaml").read_text(encoding="utf-8")
    broken = text.replace("read_only: true", "read_onyl: true")
    (tmp_path / "compose.yaml").write_text(broken, encoding="utf-8")
    assert "read_onyl" in load(tmp_path).stderr


def test_every_service_is_locked_down_and_publishes_nothing(compose: Node) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not {"ports", "privileged", "cap_add", "network_mode", "devices"} & set(service)
        assert re.fullmatch(r"\d+:\d+", service["user"])
        assert not service["user"].startswith("0:")
        assert re.fullmatch(r"[\w/]+:\d+\.\d+\.\d+", service["image"]), "a version, pinned"
    assert compose["networks"]["southmed"] == {"internal": True}


def test_every_secret_is_a_file_and_none_is_in_the_environment(compose: Node) -> None:
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())
    used = {s["source"] for service in compose["services"].values() for s in service["secrets"]}
    assert used == set(compose["secrets"])
    named = [path["file"].split("/")[2] for path in compose["secrets"].values()]
    known = {*principals(), *(f"broker.{node}" for node in BROKERS), "platform", "authorities"}
    assert set(named) <= known


@pytest.mark.parametrize("node", BROKERS)
def test_a_broker_reads_what_the_generator_wrote(node: int, compose: Node) -> None:
    mounted = compose["services"][f"kafka-{node}"]["volumes"]
    assert f"./kafka/broker-{node}.properties:/etc/kafka/southmed/broker.properties:ro" in mounted
    text = (COMPOSE / f"kafka/broker-{node}.properties").read_text(encoding="utf-8")
    read = dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))
    due: dict[str, Any] = settings(node)
    assert read == {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in due.items()
    }
    assert read["ssl.client.auth"] == "required"
    assert set(read["listener.security.protocol.map"].split(",")) == {
        "CLIENTS:SSL",
        "CONTROLLER:SSL",
        "REPLICATION:SSL",
    }
    assert not [name for name in read if "password" in name], "Kafka refuses one for PEM"
    assert set(everywhere()) < set(read)


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_in_particular() -> None:
    text = (COMPOSE / "Containerfile").read_text(encoding="utf-8")
    build, _, final = text.rpartition("\nFROM ")
    assert "--require-hashes --only-binary=:all: --requirement requirements.lock" in build
    fetched = re.findall(r"pip (?:install|wheel) .*", build)
    assert fetched
    assert all("--no-index" in command for command in fetched)
    assert "USER 10001:10001" in final
    assert "apt-get" not in final
