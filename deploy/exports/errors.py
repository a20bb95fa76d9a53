"""What can go wrong when a release becomes a file."""

from __future__ import annotations

from schemas.errors import PlatformError


class ExportError(PlatformError):
    """A release cannot be exported as asked."""

    code = "EXPORT"
    summary = "the release cannot be exported"


class LibraryMissing(ExportError):
    """The format needs a library that comes with an extra of southmed."""

    code = "LIBRARY_MISSING"
    summary = "a library that this format needs is not installed"
    advice = "Install southmed with the extra that is named, or choose a format that needs none."


class ReleaseWithdrawn(ExportError):
    """The release was withdrawn: its cells no longer hold and are not published any more."""

    code = "RELEASE_WITHDRAWN"
    summary = "the release was withdrawn"
    advice = (
        "Do not use earlier exports of it either. An erratum, if there is one, has its own key."
    )


class StructureUnknown(ExportError):
    """The release is of a table that this version of southmed has no SDMX structure for."""

    code = "STRUCTURE_UNKNOWN"
    summary = "no SDMX structure of this name is known here"
    advice = "Install the version of southmed that published it, or choose another format."


class FolderUnusable(ExportError):
    """The folder for the files cannot be made or written to."""

    code = "FOLDER_UNUSABLE"
    summary = "the files cannot be written there"
    advice = "Name another folder with --to, or see to its permissions."
