"""Java, Maven, and Kafka's packages on this machine.

Nothing is copied: Maven keeps the packages in its own repository, whose checksums it verifies
(``-C``: a wrong one is an error), and tells the class path. That answer is kept beside the
cluster, so that a second start needs no Maven.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.brokers.errors import JavaMissing, MavenMissing, PackagesMissing

POM = Path(__file__).with_name("pom.xml")
LOG4J = Path(__file__).with_name("log4j2.xml")
OLDEST_JAVA = 17
_GOAL = "dependency:build-classpath"


def kafka_version() -> str:
    """The pinned version of Apache Kafka."""
    found = re.search(r"<kafka\.version>([^<]+)<", POM.read_text(encoding="utf-8"))
    if found is None:
        raise PackagesMissing(expected=f"<kafka.version> in {POM.name}")
    return found[1]


def find_java() -> str:
    """The ``java`` to run.

    Raises:
        JavaMissing: There is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else None
    java = java or shutil.which("java")
    if java is None:
        raise JavaMissing(expected=f"java {OLDEST_JAVA} or newer", got="none on the path")
    told = subprocess.run(  # noqa: S603 - found on the path
        [java, "-version"], capture_output=True, text=True, check=False
    ).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < OLDEST_JAVA:
        got = f"java {version[1]}" if version else "a java that does not tell its version"
        raise JavaMissing(expected=f"java {OLDEST_JAVA} or newer", got=got)
    return java


def class_path(kept: Path) -> str:
    """Kafka's class path; asks Maven if it is not known yet.

    Args:
        kept: File that keeps the answer.

    Raises:
        MavenMissing: There is no ``mvn``.
        PackagesMissing: It could not bring the packages.
    """
    named = kept.with_suffix(f".{kafka_version()}")
    if named.exists():
        known = named.read_text(encoding="utf-8").strip()
        if known and all(Path(entry).exists() for entry in known.split(os.pathsep)):
            return known
    maven = shutil.which("mvn")
    if maven is None:
        raise MavenMissing(expected="mvn on the path")
    named.parent.mkdir(parents=True, exist_ok=True)
    command = [maven, "-B", "-q", "-C", "-f", str(POM), _GOAL]
    options = ["-DincludeScope=runtime", f"-Dmdep.outputFile={named}"]
    done = subprocess.run(  # noqa: S603 - found on the path
        [*command, *options], capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or not named.exists():
        raise PackagesMissing(
            expected=f"Apache Kafka {kafka_version()}", got=f"Maven's exit status {done.returncode}"
        )
    return named.read_text(encoding="utf-8").strip()
