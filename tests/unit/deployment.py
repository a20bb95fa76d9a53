"""What the tests of the deployment files share: the files, and schemas that others made.

Nothing of others is kept in the repository. Strimzi's definitions are written by Strimzi's own
generator, which Maven fetches; the loader of the Compose specification is fetched by Go. Where a
tool is not installed the tests that need it are skipped, but not in continuous integration: there
they fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

Node = dict[str, Any]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
COMPOSE = DEPLOY / "compose"
SYSTEMD = DEPLOY / "systemd"

STRIMZI_VERSION = "1.2.0"
STRIMZI_JAVA = 21
STRIMZI_MODEL = "io.strimzi.api.kafka.model"
STRIMZI_KINDS = {
    "Kafka": "kafka",
    "KafkaNodePool": "nodepool",
    "KafkaTopic": "topic",
    "KafkaUser": "user",
}
COMPOSE_LOADER = "github.com/compose-spec/compose-go/v2/cmd@v2.16.2"
QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""What reads YAML; Strimzi's definitions are long."""
RESOLVER = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath"


def missing(what: str) -> NoReturn:
    """Skips for want of a tool; in continuous integration that is a failure."""
    refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    refuse(f"not checked by its schema: {what}")


def tool(name: str) -> str:
    """The path of a program."""
    return shutil.which(name) or missing(f"{name} is not installed")


def resources() -> Iterator[Node]:
    """Every object of the Kubernetes manifests."""
    for path in sorted(KUBERNETES.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.load_all(path.read_text(encoding="utf-8"), Loader=QUICK)


def of_kind(*kinds: str) -> list[Node]:
    """The objects of some kinds."""
    return [node for node in resources() if node["kind"] in kinds]


def label(node: Node) -> str:
    """What a test calls an object."""
    return f"{node['kind']} {node['metadata']['name']}"


def pods() -> dict[str, Node]:
    """Every pod that a manifest of ours makes, by what makes it."""
    running = {label(node): node["spec"]["template"]["spec"] for node in of_kind("StatefulSet")}
    jobs = {label(node): node["spec"]["jobTemplate"]["spec"] for node in of_kind("CronJob")}
    return running | {name: job["template"]["spec"] for name, job in jobs.items()}


# --- Strimzi's own schemas ------------------------------------------------------------------------


class Strimzi:
    """Strimzi's classes, as Maven brings them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._java = _java()
        self._classpath = _classpath(folder)

    def schemas(self) -> dict[str, Node]:
        """Kind to its schema, written by Strimzi's generator, closed to fields unknown to it."""
        files = {kind: self._folder / f"{kind}.yaml" for kind in STRIMZI_KINDS}
        classes = [
            f"{STRIMZI_MODEL}.{package}.{kind}={files[kind]}"
            for kind, package in STRIMZI_KINDS.items()
        ]
        options = ["--target-kube", "1.25+", "--crd-api-version", "v1", "--api-versions", "v1"]
        command = [self._java, "-cp", self._classpath, "io.strimzi.crdgenerator.CrdGenerator"]
        made = subprocess.run(
            [*command, "--yaml", *options, "--storage-version", "v1", *classes],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        schemas = {}
        for kind, file in files.items():
            definition = yaml.load(file.read_text(encoding="utf-8"), Loader=QUICK)  # noqa: S506
            (version,) = definition["spec"]["versions"]
            schemas[kind] = closed(version["schema"]["openAPIV3Schema"])
        return schemas

    def constant(self, name: str) -> list[str]:
        """A list that Strimzi keeps in a constant of the broker's class."""
        javap = Path(self._java).with_name("javap")
        described = subprocess.run(
            [
                javap,
                "-constants",
                "-cp",
                self._classpath,
                f"{STRIMZI_MODEL}.kafka.KafkaClusterSpec",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found = re.search(rf'String {name} = "([^"]+)"', described)
        assert found, f"Strimzi has no {name}"
        return found[1].split(", ")


def closed(schema: Any) -> Any:
    """A schema under which an unknown field is an error, where the original would drop it."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(part) for name, part in schema.items()}
    open_ended = made.get("x-kubernetes-preserve-unknown-fields", False)
    if isinstance(made.get("properties"), dict) and "type" in made and not open_ended:
        made.setdefault("additionalProperties", False)
    return made


def _java() -> str:
    """A JDK that can run Strimzi's classes, whichever is the machine's first."""
    candidates = [shutil.which("java"), *map(str, Path("/usr/lib/jvm").glob("*/bin/java"))]
    if home := os.environ.get("JAVA_HOME"):
        candidates.insert(0, f"{home}/bin/java")
    for java in filter(None, candidates):
        told = subprocess.run(
            [java, "-version"], capture_output=True, text=True, check=False
        ).stderr
        version = re.search(r'version "(\d+)', told)
        if version and int(version[1]) >= STRIMZI_JAVA and Path(java).with_name("javap").exists():
            return java
    missing(f"no JDK {STRIMZI_JAVA} or newer for Strimzi {STRIMZI_VERSION}")


def _classpath(folder: Path) -> str:
    maven, listing = tool("mvn"), folder / "classpath"
    needed = "".join(
        f"<dependency><groupId>io.strimzi</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{STRIMZI_VERSION}</version></dependency>"
        for artifact in ("api", "crd-generator")
    )
    (folder / "pom.xml").write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>southmed</groupId><artifactId>strimzi-schemas</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{needed}</dependencies></project>",
        encoding="utf-8",
    )
    options = ["-q", "-B", "-f", str(folder / "pom.xml"), f"-Dmdep.outputFile={listing}"]
    fetched = subprocess.run(
        [maven, *options, RESOLVER], capture_output=True, text=True, check=False, timeout=300
    )
    if fetched.returncode:
        missing(f"Maven could not bring Strimzi {STRIMZI_VERSION}: {fetched.stdout[-300:]}")
    return listing.read_text(encoding="utf-8").strip()
