"""Why the text of an identifier cannot be used; never what the text was."""

from __future__ import annotations

from schemas.errors import AdapterError


class IdentifierError(AdapterError):
    """An identifier of a facilitator cannot be used; its row is stated all the same."""

    code = "IDENTIFIER"
    summary = "the identifier cannot be used"


class IdentifierUnreadable(IdentifierError):
    """The text does not have the form of its type."""

    code = "IDENTIFIER_UNREADABLE"
    summary = "the text is no identifier of the declared type"
    advice = "Correct the cell; for several identifiers in one cell declare `split`."


class IdentifierInvalid(IdentifierError):
    """The form is right, but there can be no such identifier: a check digit, length or range."""

    code = "IDENTIFIER_INVALID"
    summary = "there can be no such identifier"
    advice = "Look for a slip of the pen in the cell."


class IdentifierIncomplete(IdentifierError):
    """What makes the identifier one of its kind is missing: the country, the platform."""

    code = "IDENTIFIER_INCOMPLETE"
    summary = "the identifier lacks its country or its platform"
    advice = "Write it before the rest, as the guide for authorities shows."


class IdentifierSeveral(IdentifierError):
    """One text holds several identifiers."""

    code = "IDENTIFIER_SEVERAL"
    summary = "several identifiers stand where one is expected"
    advice = "Declare with `split` what stands between them."


class IdentifierOfOtherType(IdentifierError):
    """The text is an identifier, but of another type, such as an account where a site is due."""

    code = "IDENTIFIER_OTHER_TYPE"
    summary = "the identifier is of another type than declared"
    advice = "Move it to the column of its type."
