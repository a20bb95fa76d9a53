"""What can go wrong while alerts are delivered; no text here names an address."""

from __future__ import annotations

from schemas.errors import PlatformError


class DeliveryError(PlatformError):
    """Alerts cannot be delivered."""

    code = "DELIVERY"
    summary = "alerts cannot be delivered"


class DeliverySettingsInvalid(DeliveryError):
    """The settings of the delivery cannot be used."""

    code = "DELIVERY_SETTINGS_INVALID"
    summary = "the settings of the delivery cannot be used"
    advice = "Correct the places named; see docs/delivery.md. Times are written in quotes."


class DeliverySecretInvalid(DeliveryError):
    """A file that should hold a password or a webhook's secret does not."""

    code = "DELIVERY_SECRET_INVALID"
    summary = "a secret of the delivery cannot be used"
    advice = "One line in a file of its own, chmod 600; a webhook's is whsec_ and base64."


class DeliveryBookForeign(DeliveryError):
    """The book is of another reader's alerts, or is no book."""

    code = "DELIVERY_BOOK_FOREIGN"
    summary = "not the book of this reader's deliveries"
    advice = "Every reader has a book of its own: name another file (book) in the settings."


class DeliveryBookUnwritable(DeliveryError):
    """The book cannot be written."""

    code = "DELIVERY_BOOK_UNWRITABLE"
    summary = "the book of deliveries cannot be written"
    advice = "Is there room on its disk, and may this user write there? Nothing is sent without it."


class DeliveryUnderWay(DeliveryError):
    """Another process delivers from this book."""

    code = "DELIVERY_UNDER_WAY"
    summary = "another process delivers from this book"
    advice = "Let one run: `southmed alerts deliver` either as a service or by hand."
