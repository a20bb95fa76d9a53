"""This machine and this installation: room on disk, versions, and the frozen contract."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path

from deploy import contract
from deploy.doctor.findings import Finding, attempt, fail, ok, warn
from processors.intake.ledger import Ledger
from schemas.keys import OpenKey, SealingScheme

DISK = "disk"
VERSIONS = "versions"
SCHEMAS = "schemas"
MEBIBYTE = 1 << 20
LITTLE, TOO_LITTLE = 2048 * MEBIBYTE, 512 * MEBIBYTE
LITTLE_SHARE = 0.1
PINNED = ("aiokafka", "faust-streaming", "rocksdict", "kafka-python", "cryptography", "fastavro")
OLDEST_PYTHON = (3, 11)
SCHEMES: tuple[SealingScheme, ...] = ("mlkem768-x25519", "x25519")
REINSTALL = (
    "Install southmed again from its lock: `pip install --require-hashes`, see the Makefile."
)

# --- Disk -----------------------------------------------------------------------------------------


def judge_disk(path: str, total: int, free: int) -> Finding:
    """Whether there is room to go on writing."""
    what = f"{free // MEBIBYTE} MiB free of {total // MEBIBYTE}"
    if free < TOO_LITTLE:
        return fail(DISK, path, what, "Make room now: docs/operator.md, the disk is full.")
    if free < LITTLE or free < total * LITTLE_SHARE:
        return warn(DISK, path, what, "Make room, or move the folder to a larger disk.")
    return ok(DISK, path, what)


def look_at_disks(folders: Iterable[Path]) -> Iterator[Finding]:
    """Each file system that the folders are on, once."""
    by_device = {folder.stat().st_dev: folder for folder in folders if folder.exists()}
    for folder in by_device.values():
        usage = shutil.disk_usage(folder)
        yield judge_disk(str(folder), usage.total, usage.free)


# --- Versions -------------------------------------------------------------------------------------

_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_BOUND = re.compile(r"(<=|>=|==|<|>)\s*(\d+(?:\.\d+)*)")


def release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, without zeros at its end."""
    found = _RELEASE.match(version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def fits(version: str, required: str) -> bool:
    """Whether a version lies within bounds as ``aiokafka<0.15,>=0.14`` has them."""
    have = release(version)
    told = {
        "<": lambda bound: have < bound,
        "<=": lambda bound: have <= bound,
        ">": lambda bound: have > bound,
        ">=": lambda bound: have >= bound,
        "==": lambda bound: have == bound,
    }
    return all(told[sign](release(bound)) for sign, bound in _BOUND.findall(required))


def judge_version(package: str, version: str, required: str) -> Finding:
    """Whether a package is of a version that southmed was tested with."""
    if not fits(version, required):
        what = f"{version}, southmed needs {required.removeprefix(package)}"
        return fail(VERSIONS, package, what, REINSTALL)
    return ok(VERSIONS, package, version)


def judge_python(version: tuple[int, ...], *, has_tls13: bool, openssl: str) -> Iterator[Finding]:
    """Python, and the OpenSSL that it speaks TLS with."""
    told = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        yield fail(VERSIONS, "python", told, "Use Python 3.11 or newer.")
    else:
        yield ok(VERSIONS, "python", told)
    if has_tls13:
        yield ok(VERSIONS, "openssl", openssl)
    else:
        advice = "Use a Python built with OpenSSL 1.1.1 or newer."
        yield fail(VERSIONS, "openssl", f"{openssl} has no TLS 1.3", advice)


def look_at_versions() -> Iterator[Finding]:
    """Python, OpenSSL, and the packages whose versions matter most."""
    yield from judge_python(
        sys.version_info[:3], has_tls13=ssl.HAS_TLSv1_3, openssl=ssl.OPENSSL_VERSION
    )
    required = {
        re.split(r"[^\w.-]", line, maxsplit=1)[0]: line.partition(";")[0].strip()
        for line in metadata.requires("southmed") or ()
        if "extra ==" not in line
    }
    for package in PINNED:
        yield from attempt(VERSIONS, package, partial(_look_at_package, package, required))
    yield from attempt(VERSIONS, "sealing", try_sealing)
    yield from attempt(VERSIONS, "ledger store", try_store)


def _look_at_package(package: str, required: Mapping[str, str]) -> Iterator[Finding]:
    yield judge_version(package, metadata.version(package), required[package])


def try_sealing() -> Iterator[Finding]:
    """Wraps a key with every suite, and unwraps it."""
    secret, info = bytes(32), b"southmed doctor"
    for scheme in SCHEMES:
        key = OpenKey.generate(scheme)
        if key.unwrap(key.seal_key.wrap(secret, info), info) != secret:
            yield fail(VERSIONS, scheme, "does not give back what was sealed", REINSTALL)
            return
    yield ok(VERSIONS, "sealing", f"{' and '.join(SCHEMES)} work")


def try_store() -> Iterator[Finding]:
    """Writes a store and reads it."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Ledger(Path(scratch) / "ledger")
        try:
            store.commit({b"asked": b"told"})
            told = store.read([b"asked"])
        finally:
            store.close()
    if list(told) != [b"told"]:
        yield fail(VERSIONS, "ledger store", "does not give back what was written", REINSTALL)
    else:
        yield ok(VERSIONS, "ledger store", "writes and reads")


# --- The frozen contract --------------------------------------------------------------------------

Pins = Mapping[str, Mapping[str, str]]


def judge_schemas(shipped: Pins, locked: Pins, stale: Iterable[str]) -> Iterator[Finding]:
    """Whether the schemas are those that were frozen, and the models theirs.

    Args:
        shipped: Fingerprints of the files as they are.
        locked: Fingerprints as they were frozen.
        stale: Event types whose model is no longer that of its newest file.
    """
    faults = False
    for subject in sorted({*shipped, *locked}):
        if shipped.get(subject) != locked.get(subject):
            faults = True
            what = "its files are not those that lock.json pins"
            yield fail(SCHEMAS, subject, what, REINSTALL)
    for event_type in stale:
        faults = True
        what = "the model and its newest frozen schema differ"
        yield fail(SCHEMAS, event_type, what, "`southmed contract freeze`, if the change is meant.")
    if not faults:
        yield ok(SCHEMAS, "lock.json", f"{len(locked)} subjects, as frozen")


def look_at_schemas() -> Iterator[Finding]:
    """The shipped schemas against their pins and models."""
    locked = json.loads(contract.LOCK.read_text(encoding="utf-8"))
    stale = [event_type for event_type, _ in contract.stale()]
    yield from judge_schemas(contract.pins(), locked, stale)
