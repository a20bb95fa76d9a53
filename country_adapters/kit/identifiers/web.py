"""E-mail addresses and websites.

An address is trimmed, freed of ``mailto:`` and lower case; its dots stay, since only one provider
ignores them. A website is the domain that somebody registered (public suffix list), because pages
and hosts below it change; on a platform that is everybody's domain, so there it is an account and
belongs into a column of that type. Both have their domain in its ASCII form (IDNA, UTS 46).
"""

from __future__ import annotations

import re
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from country_adapters.kit.identifiers.errors import (
    IdentifierOfOtherType,
    IdentifierUnreadable,
)
from country_adapters.kit.identifiers.handle import as_link, platform_of
from country_adapters.kit.identifiers.value import Normalised, cleaned

LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LONGEST_LOCAL_PART = 64


def email(text: str, _country: str) -> Normalised:
    """An e-mail address."""
    text = cleaned(text).lower()
    if text.startswith("mailto:"):
        text = text.removeprefix("mailto:").partition("?")[0]
    local, _, domain = text.removeprefix("<").removesuffix(">").strip().rpartition("@")
    if not LOCAL_PART.fullmatch(local) or len(local) > LONGEST_LOCAL_PART or "." not in domain:
        raise IdentifierUnreadable(expected="an e-mail address", got="other text")
    return Normalised("EMAIL", f"{local}@{_ascii(domain, 'an e-mail address')}")


def website(text: str, _country: str) -> Normalised:
    """A website, by the domain that was registered for it."""
    link = as_link(cleaned(text).lower())
    if link is None:
        raise IdentifierUnreadable(expected="a website", got="other text")
    host = _ascii(link.hostname or "", "a website")
    if platform_of(host):
        raise IdentifierOfOtherType(expected="a website", got="a page of a platform")
    domain = _suffixes().privatesuffix(host)
    if not domain:
        raise IdentifierUnreadable(expected="a website", got="no registered domain")
    return Normalised("WEBSITE", str(domain))


def _ascii(domain: str, what: str) -> str:
    try:
        encoded = idna.encode(domain.rstrip("."), uts46=True, std3_rules=True)
    except UnicodeError:  # as all errors of idna are
        raise IdentifierUnreadable(expected=what, got="no name of a domain") from None
    return encoded.decode("ascii").lower()


@cache
def _suffixes() -> PublicSuffixList:
    """The list that comes with the package; nothing is fetched."""
    return PublicSuffixList(accept_unknown=False)
