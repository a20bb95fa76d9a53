"""What can go wrong at a trustee's place; its refusals stand in `schemas.linkage_errors`."""

from __future__ import annotations

from schemas.errors import PlatformError


class TrusteeSettingsInvalid(PlatformError):
    """The trustee's settings file cannot be read as what it should be."""

    code = "TRUSTEE_SETTINGS_INVALID"
    summary = "the trustee's settings cannot be used"
    advice = "Each grant needs authority, elements, until (a date) and reason; see docs/trustee.md."


class BookForeign(PlatformError):
    """The trustee's book belongs to another holder, or is no book."""

    code = "BOOK_FOREIGN"
    summary = "not this holder's book"
    advice = "Every holder has a folder of its own: name its principal (--holder)."


class BookMissing(PlatformError):
    """There is no book where one was named."""

    code = "BOOK_MISSING"
    summary = "the holder has answered nothing here yet"
    advice = "Name the site and the holder that `southmed linkage serve` runs with."


class LinkageTopicsUnreachable(PlatformError):
    """The topics of linkage could not be read or written in time."""

    code = "LINKAGE_TOPICS_UNREACHABLE"
    summary = "the topics of linkage cannot be reached"
    advice = "Nothing is lost: the book keeps every answer until Kafka has it. Run it again later."


class LinkageKeyMissing(PlatformError):
    """A holder's key is not where it should be."""

    code = "LINKAGE_KEY_MISSING"
    summary = "the holder does not have this key"
    advice = "Name the holder (--holder); keys are made by `southmed linkage init`, once a year."


class LinkageKeyMade(PlatformError):
    """There is a linkage key for the year already."""

    code = "LINKAGE_KEY_MADE"
    summary = "the year has a linkage key already"
    advice = "A year has one key; another would make other tokens of the same identifiers."


class LinkageKeyNotWhole(PlatformError):
    """What is to be split is a share, or what is to be renewed is not."""

    code = "LINKAGE_KEY_NOT_WHOLE"
    summary = "the key is not in the hands that this step needs"
    advice = "A whole key is split once; afterwards its shares are renewed by `linkage refresh`."
