"""What can go wrong with the console itself."""

from __future__ import annotations

from schemas.errors import PlatformError


class ConsoleError(PlatformError):
    """The console cannot serve."""

    code = "CONSOLE"
    summary = "the console cannot serve"


class NoWayIn(ConsoleError):
    """Nobody could sign in, so there is nothing to serve."""

    code = "CONSOLE_NO_WAY_IN"
    summary = "nobody could sign in"
    advice = "Say how readers sign in, or, on invented data only, use --unsafe-open."


class TextsStale(ConsoleError):
    """The catalogues of translations are not what the sources ask for."""

    code = "CONSOLE_TEXTS_STALE"
    summary = "a catalogue of translations is incomplete or outdated"
    advice = "Run `southmed console texts` and translate what is empty or marked fuzzy."


class NotAdmitted(ConsoleError):
    """Nobody is signed in."""

    code = "CONSOLE_NOT_ADMITTED"
    summary = "nobody is signed in"
    advice = "Sign in first."


class NotAllowed(ConsoleError):
    """The reader is known and has not the role that this page asks for."""

    code = "CONSOLE_NOT_ALLOWED"
    summary = "this reader may not see that"
    advice = "Ask the platform's operator for the role, if you need it."


class NothingThere(ConsoleError):
    """The address names nothing that was published."""

    code = "CONSOLE_NOTHING_THERE"
    summary = "there is nothing at that address"
    advice = "Begin at the region's page, or look at the list of releases."
