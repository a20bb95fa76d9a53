"""What can go wrong at home, between a national register and the outbox.

Three families. A ``RegisterError`` stops the run: the declaration or the register as a whole is not
what it should be, and reading on would be guessing. A ``CellError`` concerns one row: the row is
rejected with it, stays home, and the run goes on. An ``OutgoingError`` keeps a row home that was
mapped, because an event of it would tell about a person.

None ever tells what stood in a cell. ``got`` names the kind of thing that was found ("text", "a
number"), and a header that was not declared is named by its place, because a misplaced header line
may be a line of data.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.errors import AdapterError

# --- The register as a whole ---------------------------------------------------------------------


class RegisterError(AdapterError):
    """A register, or its declaration, cannot be used."""

    code = "REGISTER"
    summary = "the register cannot be used"


class DeclarationInvalid(RegisterError):
    """A register's declaration breaks the vocabulary; names file, line and key."""

    code = "DECLARATION_INVALID"
    summary = "the declaration of the register is wrong"
    advice = "Correct the YAML at the line named."


class RegisterMissing(RegisterError):
    """The register's file, or the setting that leads to its database, is not there."""

    code = "REGISTER_MISSING"
    summary = "the register is not where the declaration looks for it"
    advice = "Give the folder of the register, or set the variable named."


class RegisterUnreadable(RegisterError):
    """The register's file is not of the format declared, or the database does not answer."""

    code = "REGISTER_UNREADABLE"
    summary = "the register cannot be read in the format declared"
    advice = "Open it with the authority's own software and export it again."


class WrongEncoding(RegisterError):
    """The file does not decode as declared, or its canary reads otherwise."""

    code = "WRONG_ENCODING"
    summary = "the file is not in the encoding declared"
    advice = "Ask how the file was exported and declare that encoding."


class MissingColumn(RegisterError):
    """A column that the mapping needs is not in the register."""

    code = "MISSING_COLUMN"
    summary = "a column of the mapping is not in the register"
    advice = "Correct the header in the declaration, or in the register."


class UnknownColumn(RegisterError):
    """The register has a column that is neither mapped nor ignored."""

    code = "UNKNOWN_COLUMN"
    summary = "the register has a column that is neither mapped nor ignored"
    advice = "Decide whether it may be used; if not, add it to `ignore`."


class DuplicateColumn(RegisterError):
    """Two columns of the register have the same header."""

    code = "DUPLICATE_COLUMN"
    summary = "two columns have the same header"
    advice = "Rename one of them, or declare both header lines."


class WrongSheets(RegisterError):
    """The workbook lacks the declared sheets, or has one that is not declared."""

    code = "WRONG_SHEETS"
    summary = "the workbook's sheets are not those declared"
    advice = "Declare the sheet under `sheets` or `other_sheets`."


class ExportIncomplete(RegisterError):
    """The export says that there are more submissions than it holds."""

    code = "EXPORT_INCOMPLETE"
    summary = "the export does not hold all submissions"
    advice = "Export again, following every page."


class SourceUnreachable(RegisterError):
    """The server of the register does not answer, also not when asked again."""

    code = "SOURCE_UNREACHABLE"
    summary = "the server of the register does not answer"
    advice = (
        "Check address, network, proxy and certificate; run again, it goes on where it stopped."
    )


class SourceRefused(RegisterError):
    """The server of the register does not accept the token, or the user may not read there."""

    code = "SOURCE_REFUSED"
    summary = "the server of the register does not let us in"
    advice = "Have a new token issued, or the right to read granted, and write it to its file."


class SourceIncomplete(RegisterError):
    """The pages that the server gave do not add up to the number of rows that it tells."""

    code = "SOURCE_INCOMPLETE"
    summary = "the server did not give all the rows that it counts"
    advice = "Run again; if it stays so, lower `page_size` and ask who runs the server."


class AccessFileInvalid(RegisterError):
    """The file of a token or password holds none, or others may read it."""

    code = "ACCESS_FILE_INVALID"
    summary = "the file that opens the register cannot be used"
    advice = "Write it again, on one line, readable by its owner only."


class SecretFileInvalid(RegisterError):
    """The pseudonym secret is too short, as after a full disk."""

    code = "SECRET_FILE_INVALID"
    summary = "the secret of the pseudonyms cannot be used"
    advice = "Restore the file from its backup."


class RowsGone(RegisterError):
    """More rows are missing from a complete reading than may go unasked; nothing is withdrawn."""

    code = "ROWS_GONE"
    summary = "more rows are missing from the register than may go unasked"
    advice = (
        "Restore the file or the folder and run again. If they were deleted on purpose, run once"
        " with `--rows-gone` and the number of missing rows."
    )


class RegisterChanged(RegisterError):
    """The register's file was written to while it was read; nothing is withdrawn."""

    code = "REGISTER_CHANGED"
    summary = "the register's file changed while it was read"
    advice = "Run again when it is written; put a new file in place by renaming it."


# --- A first mapping ------------------------------------------------------------------------------


class HeadersNotFound(RegisterError):
    """No line of the register is understood as its headers, so none is taken for them."""

    code = "HEADERS_NOT_FOUND"
    summary = "no headers are understood in the register"
    advice = "Begin the sheet with one line of headers, or write the declaration by hand."


class KeyNotFound(RegisterError):
    """No column of a table numbers its cases or persons."""

    code = "KEY_NOT_FOUND"
    summary = "no column tells rows apart"
    advice = "Say which in the answers: `tables: {victims: {columns: {HEADER: case}}}`."


class NotAReportingCountry(RegisterError):
    """The country is not among those that exchange data."""

    code = "NOT_A_REPORTING_COUNTRY"
    summary = "the country is not among those that report"
    advice = (
        "The platform adds it first, for all: CL_REPORTING_COUNTRY.csv, CL_REGION.csv,"
        " population.csv in schemas/codelists, and the names of its places in"
        " country_adapters/kit/places.csv."
    )


class AnswerInvalid(RegisterError):
    """An answer, on the terminal or in the file of answers, is none of the choices."""

    code = "ANSWER_INVALID"
    summary = "the answer is none of those that there are"
    advice = "Give one of the answers named, or none."


# --- One row -------------------------------------------------------------------------------------


class CellError(AdapterError):
    """A row cannot be mapped because of what one of its columns holds.

    Args:
        expected: What would have been right.
        got: The kind of thing that was found.
        columns: The short names of the columns concerned, where a rule looked at several.
    """

    code = "CELL"
    summary = "the cell cannot be mapped"

    def __init__(self, *, expected: str = "", got: str = "", columns: tuple[str, ...] = ()) -> None:
        self.columns = columns
        super().__init__(expected=expected, got=got)


class MissingKey(CellError):
    """A column that identifies the row or its case is blank."""

    code = "MISSING_KEY"
    summary = "the row has no identity"
    advice = "Fill in the number of the file or of the person."


class MissingValue(CellError):
    """A column that an event of the row needs is blank."""

    code = "MISSING_VALUE"
    summary = "a value that the event needs is blank"
    advice = "Fill it in, with the register's own word for unknown if need be."


class ContradictoryRow(CellError):
    """Another row of the same reading has the same key and says something else."""

    code = "CONTRADICTORY_ROW"
    summary = "an earlier row has the same key and says something else"
    advice = "Keep the right one of the two rows."


class UnknownValue(CellError):
    """A cell is not in its table of synonyms."""

    code = "UNKNOWN_VALUE"
    summary = "the value is not in its table"
    advice = "Correct the cell, or add the spelling to `codes.yaml`."


class NumberUnreadable(CellError):
    """A cell is not a whole number."""

    code = "NUMBER_UNREADABLE"
    summary = "the value is not a whole number"


class NumberOutOfRange(CellError):
    """A number lies outside the declared range."""

    code = "NUMBER_OUT_OF_RANGE"
    summary = "the number is outside its range"


class DateUnreadable(CellError):
    """A cell is not a date in the declared order and calendar."""

    code = "DATE_UNREADABLE"
    summary = "the value is not a date as declared"


class DateAmbiguous(CellError):
    """A date has a year of two digits."""

    code = "DATE_AMBIGUOUS"
    summary = "the year has two digits"
    advice = "Write the year with four digits."


class DateImpossible(CellError):
    """There is no such day in the calendar."""

    code = "DATE_IMPOSSIBLE"
    summary = "there is no such day"


class DateOutOfRange(CellError):
    """A date lies before 1900."""

    code = "DATE_OUT_OF_RANGE"
    summary = "the date is too long ago"
    advice = "Check the calendar: a Hijri date needs its mark."


class DateInFuture(CellError):
    """A date lies after today."""

    code = "DATE_IN_FUTURE"
    summary = "the date is in the future"


class DatesOutOfOrder(CellError):
    """Something ends before it begins."""

    code = "DATES_OUT_OF_ORDER"
    summary = "the later step has the earlier date"
    advice = "Check both dates."


# --- One event, about to leave -------------------------------------------------------------------


class OutgoingError(AdapterError):
    """An event of the row holds what may not leave; the row stays home. Nothing has left.

    Attributes:
        kind: The kind of thing that was found, in words.
    """

    code = "OUTGOING"
    summary = "an event holds what may not leave"
    advice = "The mapping let it through: tell the keepers of the kit the code and the place."
    kind: ClassVar[str] = "what may not leave"


class OutgoingEmail(OutgoingError):
    """A value of an event contains an e-mail address."""

    code = "OUTGOING_EMAIL"
    summary = "an event holds an e-mail address"
    kind = "an e-mail address"


class OutgoingIban(OutgoingError):
    """A value of an event contains an IBAN."""

    code = "OUTGOING_IBAN"
    summary = "an event holds an IBAN"
    kind = "an IBAN"


class OutgoingDay(OutgoingError):
    """A value of an event is a day, such as a date of birth; only months may leave."""

    code = "OUTGOING_DAY"
    summary = "an event holds a day"
    kind = "a day"


class OutgoingIdentity(OutgoingError):
    """A value of an event contains what looks like the number of an identity document."""

    code = "OUTGOING_IDENTITY"
    summary = "an event holds the number of a document"
    kind = "the number of a document"


class OutgoingPhone(OutgoingError):
    """A value of an event contains what looks like a telephone number."""

    code = "OUTGOING_PHONE"
    summary = "an event holds a telephone number"
    kind = "a telephone number"


class OutgoingDigits(OutgoingError):
    """A value of an event contains six digits or more, or a number above any count."""

    code = "OUTGOING_DIGITS"
    summary = "an event holds a long number"
    kind = "a long number"


class OutgoingRowText(OutgoingError):
    """A value of an event repeats a word of its row that is no word of the contract."""

    code = "OUTGOING_ROW_TEXT"
    summary = "an event holds a word of the row"
    kind = "a word of the row"


class OutgoingUnknown(OutgoingError):
    """A value of an event is neither a word of the contract, a count nor a pseudonym."""

    code = "OUTGOING_UNKNOWN"
    summary = "an event holds what the contract has no word for"
    kind = "another thing"
