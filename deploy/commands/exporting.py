"""``southmed release export``: writes releases as files, once they were verified."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from deploy.commands.consume import LanguageOption, TrustOption, tell_refused, watched
from deploy.consume.follow import Follower
from deploy.consume.judge import Judge, Refused
from deploy.consume.topic import reading
from deploy.consume.trusting import LiveTrust
from deploy.exports.errors import FolderUnusable
from deploy.exports.formats import FormatName, files_of
from deploy.exports.plain import SEPARATORS, Style
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    broker_at,
    err,
    out,
    print_json,
    run_until_stopped,
    table,
)
from processors.release.errors import NoSuchRelease
from schemas.codelists import Language
from schemas.kafka import Broker
from schemas.releases import Release

SeparatorName = Literal["comma", "semicolon", "tab"]
SEPARATOR_OF: Mapping[Language, SeparatorName] = {
    "en": "comma",
    "fr": "semicolon",
    "ar": "semicolon",
}
"""What Excel expects between fields where it speaks a language."""


def export(
    broker: BrokerOption,
    trust: TrustOption,
    keys: Annotated[
        list[str] | None,
        typer.Argument(help="Releases, e.g. F1/2023/FINAL; without any, all that stand."),
    ] = None,
    identity: IdentityOption = None,
    formats: Annotated[
        list[FormatName] | None, typer.Option("--format", help="May be repeated; csv by default.")
    ] = None,
    language: LanguageOption = "en",
    separator: Annotated[
        SeparatorName | None,
        typer.Option("--separator", help="Of CSV; by default what Excel expects in the language."),
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="Folder for the files.")] = Path(),
    json: JsonOption = False,
) -> None:
    """Writes published releases as files, each with its note of method in three languages.

    Reads the topic, verifies every message, and exits 3 if one of them is refused; such a message
    is never exported.
    """
    style = Style(language, SEPARATORS[separator or SEPARATOR_OF[language]])
    found, refused = standing(broker_at(broker, identity), LiveTrust(trust))
    written: list[dict[str, object]] = []
    for release in chosen(found, keys or []):
        for name, content in files_of(release, formats or [FormatName.CSV], style).items():
            path = write(to, name, content)
            written.append({"release": release.key, "file": str(path), "bytes": len(content)})
    if json:
        codes = [{"offset": r.offset, "release": r.key, "code": r.error.code} for r in refused]
        print_json({"written": written, "refused": codes})
    elif written:
        rows = [(w["release"], Path(str(w["file"])).name, w["bytes"]) for w in written]
        out.print(table(f"Written to {to}", ["release", "file", "bytes#"], rows))
    else:
        out.print("No release stands on the topic.")
    if refused:
        raise typer.Exit(Exit.PARTIAL)


def standing(broker: Broker, trust: LiveTrust) -> tuple[dict[str, Release], list[Refused]]:
    """The newest verified message of every key, and what was refused.

    Args:
        broker: The cluster.
        trust: The trust document at hand.
    """
    trust()
    found: dict[str, Release] = {}

    def keep(release: Release) -> None:
        found[release.key] = release

    follower = Follower(Judge(trust), keep, tell_refused)

    async def read() -> bool:
        with watched(follower):
            async with reading(broker, 0) as reader:
                await follower.follow(reader, once=True)
        return True

    if not run_until_stopped(read()):
        raise typer.Exit(Exit.FAILED)
    return found, follower.met.refused


def chosen(found: Mapping[str, Release], keys: Sequence[str]) -> list[Release]:
    """The releases of some keys; without keys, all that were not withdrawn.

    Args:
        found: Releases by key.
        keys: Written with ``|`` or, so that a shell needs no quotes, with ``/`` or ``_``.

    Raises:
        NoSuchRelease: One of them is not on the topic.
    """
    if not keys:
        for release in found.values():
            if release.withdrawn is not None:
                err.print(f"passed over {release.key}: withdrawn ({release.withdrawn.reason})")
        return [release for release in found.values() if release.withdrawn is None]
    wanted = [key.upper().translate(str.maketrans("/_", "||")) for key in keys]
    for key in wanted:
        if key not in found:
            raise NoSuchRelease(expected="a release of the topic", got=key)
    return [found[key] for key in wanted]


def write(folder: Path, name: str, content: bytes) -> Path:
    """Writes a file whole or not at all.

    Raises:
        FolderUnusable: The folder cannot be made or written to.
    """
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{name}.", delete=False) as file:
            file.write(content)
        Path(file.name).replace(path)
    except OSError as error:
        raise FolderUnusable(expected=str(folder), got=type(error).__name__) from None
    return path
