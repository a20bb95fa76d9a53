"""What can be wrong with a conformance run or its report."""

from __future__ import annotations

from schemas.errors import SouthmedError


class ConformanceError(SouthmedError):
    """A newcomer cannot be admitted on the strength of this report or run."""

    code = "CONFORMANCE"
    summary = "conformance is not shown"


class PlatformInUse(ConformanceError):
    """The platform has batches of the authority already: vectors would disturb its streams."""

    code = "PLATFORM_IN_USE"
    summary = "the platform knows batches of this authority already"
    advice = (
        "Run without --broker, or against a platform for tests; there, have a new epoch announced"
        " before each run (`southmed site announce-epoch`)."
    )


class PlatformSilent(ConformanceError):
    """No intake answers the first batch."""

    code = "PLATFORM_SILENT"
    summary = "no intake answers"
    advice = "Does a worker run there, and does its trust document list this authority's country?"


class ReportUnreadable(ConformanceError):
    """The file is no conformance report of this version."""

    code = "REPORT_UNREADABLE"
    summary = "the file is no conformance report"
    advice = "Ask for the file as `southmed adapter conform` wrote it, by the same release."


class ReportAltered(ConformanceError):
    """The signature does not stand over the report under the key that it names."""

    code = "REPORT_ALTERED"
    summary = "the report's signature does not verify"
    advice = "Do not admit; ask the newcomer, by another way, for the file again."


class ReportKeyDiffers(ConformanceError):
    """The report is signed with another key than the one that the newcomer told."""

    code = "REPORT_KEY_DIFFERS"
    summary = "the report is signed with another key than the one told"
    advice = "Compare the key again by telephone; if it stays different, do not admit."


class ReportOfOtherContract(ConformanceError):
    """The run was made under another contract than the one here."""

    code = "REPORT_OF_OTHER_CONTRACT"
    summary = "the report is about another contract"
    advice = "Have both sides install the same release; then the newcomer runs again."


class ReportIncomplete(ConformanceError):
    """Vectors of the table here are missing in the report, or it has others."""

    code = "REPORT_INCOMPLETE"
    summary = "the report does not have the vectors of this release"
    advice = "The newcomer runs again with the same release."


class ReportOutdated(ConformanceError):
    """The report is too old, or from the future."""

    code = "REPORT_OUTDATED"
    summary = "the report is not of these days"
    advice = "The newcomer runs again; if it was just made, one of the two clocks is wrong."


class VectorsFailed(ConformanceError):
    """Batches were not answered as the contract says."""

    code = "VECTORS_FAILED"
    summary = "batches were not answered as they must be"
    advice = "See each code in this table; the newcomer runs again once the cause is found."


class DayUnbalanced(ConformanceError):
    """Not every invented event of the day was published, receipted and counted once."""

    code = "DAY_UNBALANCED"
    summary = "the invented day does not balance"
    advice = "The newcomer runs again; if it stays so, southmed's keepers want to know."


class RegisterUnmapped(ConformanceError):
    """The declaration maps no row of the register."""

    code = "REGISTER_UNMAPPED"
    summary = "no row of the register can be mapped"
    advice = "See why with `southmed adapter preview`."
