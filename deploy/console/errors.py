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
    advice = "Say how in a file for --config, or, on invented data only, use --unsafe-open."


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


class SettingsInvalid(ConsoleError):
    """``console.yaml`` cannot be used."""

    code = "CONSOLE_SETTINGS_INVALID"
    summary = "console.yaml cannot be used"
    advice = "Correct what is named; docs/console-access.md says what may stand there."


class MapInvalid(ConsoleError):
    """The file that ``map`` of ``console.yaml`` names is no map of the region."""

    code = "CONSOLE_MAP_INVALID"
    summary = "no map can be drawn of the file"
    advice = "Correct what is named; deploy/console/maps/README.md says what such a file holds."


class SignInFailed(ConsoleError):
    """What the provider sent back is no sign-in of this browser."""

    code = "CONSOLE_SIGN_IN_FAILED"
    summary = "somebody could not sign in"
    advice = "Begin again from the console; if it goes on, compare console.yaml with the provider."


class ClaimsUnclear(ConsoleError):
    """The provider knows them, and no role follows from what it says, or roles of two countries."""

    code = "CONSOLE_CLAIMS_UNCLEAR"
    summary = "no role follows from what the provider says"
    advice = "Correct the table of roles in console.yaml, or the person's groups at the provider."


class ProviderUnreachable(ConsoleError):
    """The provider at which readers sign in does not answer as one."""

    code = "CONSOLE_PROVIDER_UNREACHABLE"
    summary = "the provider of sign-ins does not answer"
    advice = "Compare the issuer in console.yaml with the provider's discovery document."


class FormRefused(ConsoleError):
    """What was sent does not come from a page that this reader was shown."""

    code = "CONSOLE_FORM_REFUSED"
    summary = "what was sent does not come from a page of this reader"
    advice = "Open the page again and send it from there."


class TooOften(ConsoleError):
    """Somebody does something more often than people do."""

    code = "CONSOLE_TOO_OFTEN"
    summary = "somebody does that too often"
    advice = "Wait a minute."


class AnswerOutdated(ConsoleError):
    """The alert has changed since the page was made from which it was answered."""

    code = "CONSOLE_ANSWER_OUTDATED"
    summary = "the alert has changed since it was read"
    advice = "Read the alert again, then answer."


class AuditUnusable(ConsoleError):
    """The audit log cannot be written or read, so what it would tell of is not done."""

    code = "CONSOLE_AUDIT_UNUSABLE"
    summary = "the audit log cannot be used"
    advice = "Give the console its state folder back, writable and with room on the disk."


class AuditBroken(ConsoleError):
    """An entry of the audit log was changed or taken out."""

    code = "CONSOLE_AUDIT_BROKEN"
    summary = "the audit log is not as it was written"
    advice = "Keep the file as it is and find out who can write it; entries before it still hold."


class NothingToSendWith(ConsoleError):
    """An answer cannot be passed on: this console has no broker to write to."""

    code = "CONSOLE_NOTHING_TO_SEND_WITH"
    summary = "this console cannot pass answers on"
    advice = "Serve it with --broker."


class BriefUnanswered(ConsoleError):
    """Nothing is published from which a brief of that area and year could be made."""

    code = "CONSOLE_BRIEF_UNANSWERED"
    summary = "nothing is published of that area and year"
    advice = "Choose a year of which the final tables are out."


class ParameterInvalid(ConsoleError):
    """A program asks for something in a way that the API does not know."""

    code = "CONSOLE_PARAMETER_INVALID"
    summary = "a parameter is not as it should be"
    advice = "Compare the address with /api/v1/openapi.json."


class NotAcceptable(ConsoleError):
    """A program asks for a media type in which there is no answer."""

    code = "CONSOLE_NOT_ACCEPTABLE"
    summary = "there is no answer in that media type"
    advice = "Ask for one of those that are named in the header Accept."


class ApiReadOnly(ConsoleError):
    """A program tries to change something."""

    code = "CONSOLE_API_READ_ONLY"
    summary = "the API is only read"
    advice = "Ask with GET or HEAD; alerts are answered on their pages."
