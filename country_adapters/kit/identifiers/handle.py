"""Accounts on platforms: ``platform:handle``.

1. The platform comes from a link or from its name before the handle ("facebook: exemple"). A name
   alone is refused: a display name is no handle.
2. Lower case, without @, without query. Where Facebook shows the number of the account, it is that:
   ``facebook:id:NUMBER``.
3. A link to WhatsApp is a telephone number.
4. What is no account on the platform (a group, a post, a search) is refused: it is of many.

Platforms, their hosts and their pages that are no accounts are in ``platforms.csv``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, parse_qs, urlsplit

from country_adapters.kit.identifiers.errors import IdentifierIncomplete, IdentifierUnreadable
from country_adapters.kit.identifiers.phone import phone
from country_adapters.kit.identifiers.value import Normalised, cleaned, rows_of

HANDLE = re.compile(r"[a-z0-9_][a-z0-9._-]{1,63}")
ACCOUNT_NUMBER = re.compile(r"[0-9]{5,20}")
NAMED = re.compile(r"([a-z]+)\s*[\s:@]\s*@?(.+)")


@dataclass(frozen=True)
class Platform:
    """One line of ``platforms.csv``; ``before`` stands between host and handle in a link."""

    name: str
    before: str
    not_accounts: frozenset[str]


def handle(text: str, country: str) -> Normalised:
    """An account on a platform, or the telephone behind a WhatsApp link."""
    text = cleaned(text).lower()
    named = NAMED.fullmatch(text)
    if named and (platform := _by_name().get(named[1])):
        return _account(platform, named[2], country)
    link = as_link(text)
    found = platform_of(link.hostname or "") if link else None
    if link is None or found is None:
        raise IdentifierIncomplete(expected="a platform and an account", got="no known platform")
    return _linked(found, link, country)


def as_link(text: str) -> SplitResult | None:
    """A text as a link, with or without scheme; None if it is none."""
    try:
        link = urlsplit(text if "://" in text else f"//{text}")
        host = link.hostname
    except ValueError:
        return None
    return link if host and "." in host and "@" not in link.netloc else None


def platform_of(host: str) -> Platform | None:
    """The platform that a host belongs to."""
    return next((p for own, p in _by_host().items() if f".{host}".endswith(f".{own}")), None)


def _linked(platform: Platform, link: SplitResult, country: str) -> Normalised:
    parts = [part for part in link.path.split("/") if part]
    query = parse_qs(link.query)
    if platform.name == "whatsapp" and "phone" in query:
        return _account(platform, query["phone"][0], country)
    if platform.name == "facebook" and parts[:1] == ["profile.php"]:
        return _account(platform, f"id:{query.get('id', [''])[0]}", country)
    if platform.name == "facebook" and parts[:1] == ["people"]:
        return _account(platform, f"id:{parts[-1]}", country)
    if platform.before == "@" and not (parts and parts[0].startswith("@")):
        raise _unreadable()
    if platform.before not in ("", "@"):
        if parts[:1] != [platform.before]:
            raise _unreadable()
        del parts[0]
    return _account(platform, parts[0] if parts else "", country)


def _account(platform: Platform, name: str, country: str) -> Normalised:
    if platform.name == "whatsapp":
        return phone(f"+{name}" if re.fullmatch(r"[1-9][0-9]{9,14}", name) else name, country)
    name = name.removeprefix("@")
    if platform.name == "facebook":
        number = name.removeprefix("id:")
        if ACCOUNT_NUMBER.fullmatch(number):
            return Normalised("HANDLE", f"facebook:id:{number}")
    if not HANDLE.fullmatch(name) or name in platform.not_accounts:
        raise _unreadable()
    return Normalised("HANDLE", f"{platform.name}:{name}")


def _unreadable() -> IdentifierUnreadable:
    return IdentifierUnreadable(expected="an account on the platform", got="another page or text")


@cache
def _by_name() -> dict[str, Platform]:
    return {
        name: _platform(row) for row in rows_of("platforms.csv") for name in _words(row, "names")
    }


@cache
def _by_host() -> dict[str, Platform]:
    return {
        host: _platform(row) for row in rows_of("platforms.csv") for host in _words(row, "hosts")
    }


def _platform(row: dict[str, str]) -> Platform:
    return Platform(row["platform"], row["before"], frozenset(_words(row, "not_accounts")))


def _words(row: dict[str, str], column: str) -> list[str]:
    return row[column].split()
