"""The note of method that goes with a release, in three languages.

The texts are data (``method.yaml``); which of them a release needs is decided here, and every
number in them is the release's own. Nobody needs to remember to change a note when the noise
changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from deploy.exports.labels import LANGUAGES, VINTAGE_LABELS
from deploy.exports.rows import is_monthly
from schemas.codelists import Language
from schemas.releases import Release


@cache
def texts() -> Mapping[Language, Mapping[str, str]]:
    """The texts, by language and part."""
    content = (files("deploy") / "exports" / "method.yaml").read_text(encoding="utf-8")
    read: Mapping[Language, Mapping[str, str]] = yaml.safe_load(content)
    return read


def title(release: Release, language: Language) -> str:
    """The title of a release's note."""
    return texts()[language]["title"].format_map(_told(release, language))


def note(release: Release, language: Language) -> list[str]:
    """The paragraphs of a release's note, without its title."""
    parts, told = texts()[language], _told(release, language)
    return [parts[name].format_map(told) for name in _parts(release) if name in parts]


def citation(release: Release, language: Language) -> str:
    """How to quote a release."""
    return _told(release, language)["citation"]


def about_table(release: Release, language: Language) -> list[str]:
    """The paragraphs that hold for every release of the table."""
    parts, told = texts()[language], _told(release, language)
    return [parts[name].format_map(told) for name in _about(release)]


def markdown(release: Release) -> bytes:
    """The note in all languages, one after the other."""
    pages = ["\n\n".join([f"# {title(release, at)}", *note(release, at)]) for at in LANGUAGES]
    return ("\n\n".join(pages) + "\n").encode()


def _about(release: Release) -> tuple[str, ...]:
    if release.exact:
        return ("exact",)
    months = ("months",) if is_monthly(release) else ()
    return ("detections", "noise", "values", "reliability", "persons", *months)


def _parts(release: Release) -> tuple[str, ...]:
    add = () if release.exact else ("add",)
    return ("which", *_about(release), release.vintage, "cite", *add, "verify", "unreviewed")


def _told(release: Release, language: Language) -> dict[str, str]:
    statement, noise = release.statement, release.noise
    told = {
        "title": getattr(release.title, language),
        "table": release.table,
        "period": release.period,
        "vintage": VINTAGE_LABELS[release.vintage][language].lower(),
        "released_on": str(statement.released_on),
        "output": statement.output,
        "authorities": ", ".join(sorted({s.authority for s in statement.streams})) or "-",
        "trust_version": str(statement.trust_version),
        "parameters": statement.parameters,
        "version": statement.version,
    }
    told["citation"] = texts()[language]["citation"].format_map(told)
    if noise is None:
        return told
    return told | {
        "sigma2": f"{noise.sigma2:g}",
        "sigma": f"{noise.sigma:.2f}",
        "band": str(noise.band),
        "twice": str(2 * noise.band),
        "coverage": f"{noise.coverage:.1%}",
        "unreliable_below": str(noise.unreliable_below),
    }
