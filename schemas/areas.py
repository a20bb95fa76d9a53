"""Places and the level at which they are told.

A citizenship may be told as a country (ISO 3166-1 alpha-3), as a UN M49 sub-region, or only as
national or foreign; a region as an ISO 3166-2 code, as a macro-region, or not at all. The adapter
coarsens where few people share a combination, so every value comes with its level.
"""

from __future__ import annotations

from functools import cache

from schemas.codelists import codelist

SPECIAL_AREAS = {
    "NATIONAL": ("NATFOR",),
    "FOREIGN": ("NATFOR",),
    "STATELESS": ("ISO3", "SUBREGION", "NATFOR"),
    "_U": ("ISO3", "SUBREGION", "NATFOR"),
}


@cache
def level_of_area(code: str) -> tuple[str, ...]:
    """The levels of ``CL_CITIZ_LEVEL`` at which an area code may be told.

    Example:
        >>> level_of_area("CIV"), level_of_area("011"), level_of_area("FOREIGN")
        (('ISO3',), ('SUBREGION',), ('NATFOR',))
    """
    if code in SPECIAL_AREAS:
        return SPECIAL_AREAS[code]
    return ("SUBREGION",) if code.isdigit() else ("ISO3",)


@cache
def level_of_region(code: str, country: str) -> str:
    """The level of ``CL_REGION_LEVEL`` of a region, or ``""`` if it is not of this country.

    Example:
        >>> [level_of_region(code, "TUN") for code in ("TN-11", "TN-R1", "_U", "MA-N")]
        ['L1', 'MACRO', 'NATIONAL', '']
    """
    if code == "_U":
        return "NATIONAL"
    regions = codelist("CL_REGION")
    parent = regions.parent(code)
    if parent == country:
        return "MACRO"
    # The parent of a macro-region is a country, which is not in the list of regions.
    return "L1" if parent in regions and regions.parent(parent) == country else ""


def areas(*levels: str) -> tuple[str, ...]:
    """The codes of ``CL_AREA`` at the given levels; special codes are named one by one.

    Example:
        >>> "CIV" in areas("ISO3"), "FOREIGN" in areas("ISO3"), "_U" in areas("ISO3", "_U")
        (True, False, True)
    """
    return tuple(
        code
        for code in codelist("CL_AREA").codes
        if code in levels or (code not in SPECIAL_AREAS and level_of_area(code)[0] in levels)
    )
