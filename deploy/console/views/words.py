"""What codes, places and releases are called in a language."""

from __future__ import annotations

from deploy.console.i18n import Tongue
from deploy.console.views.cuts import ALL, Cell, Cut
from deploy.exports.labels import CONCEPTS, VINTAGE_LABELS, label
from schemas.indicators import catalogue
from schemas.releases import Release


def area(code: str, tongue: Tongue) -> str:
    """A reporting country, or all of them."""
    if code == ALL:
        return tongue.gettext("All four countries")
    return label("REF_AREA", code, tongue.language)


def cut_name(cut: Cut, tongue: Tongue) -> str:
    """``Form of exploitation, sex``."""
    if not cut:
        return tongue.gettext("Country only")
    return " × ".join(CONCEPTS[name][tongue.language] for name in cut)


def cell_name(cut: Cut, cell: Cell, tongue: Tongue) -> str:
    """What the codes of a cell are called."""
    names = [label(name, code, tongue.language) for name, code in zip(cut, cell, strict=True)]
    return " · ".join(names)


def indicator_name(code: str, tongue: Tongue) -> str:
    """An indicator of the catalogue."""
    return catalogue()[code].names[tongue.language]


def title(release: Release, tongue: Tongue) -> str:
    """A release's own title."""
    return str(getattr(release.title, tongue.language))


def vintage(release: Release, tongue: Tongue) -> str:
    """Provisional, final or erratum."""
    return VINTAGE_LABELS[release.vintage][tongue.language]


def slug(key: str) -> str:
    """A release's key as it stands in addresses and names of files.

    Example:
        >>> slug("F1|2023|FINAL"), unslug("F1_2023_FINAL")
        ('F1_2023_FINAL', 'F1|2023|FINAL')
    """
    return key.replace("|", "_")


def unslug(name: str) -> str:
    """The key of an address."""
    return name.replace("_", "|")


def of_period(what: str, period: str, tongue: Tongue) -> str:
    """``Identified victims, 2023``."""
    return tongue.gettext("%(what)s, %(period)s", what=what, period=tongue.period(period))
