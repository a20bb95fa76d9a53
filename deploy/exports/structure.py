"""The SDMX structures of a table: its data structure definition, concepts and code lists.

The rules:

1. Each table has a structure of its own, under its id: a table that was published is never changed,
   so its structure stays at version 1.0.0. Nothing is filled up with totals that nobody measured.
2. What tells cells apart is a dimension; everything else is an attribute of the observation, the
   measurement and its bounds too, because many tools know of one measure only.
3. Code lists are the contract's, whole, with the two residual codes where releases have them. They
   are shared between tables, but for those that a dimension makes its own by these codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.exports.labels import CONCEPTS, codes_of, label
from deploy.exports.libraries import needed
from deploy.exports.rows import BEFORE, VALUES
from schemas.codelists import Language
from schemas.releases import CODELISTS, DIMENSIONS, Release

AGENCY = "SOUTHMED"
VERSION = "1.0.0"
CONCEPT_SCHEME = "CS_SOUTHMED"
EXTRA = "sdmx"
TIME = "TIME_PERIOD"
ATTRIBUTES = ("VINTAGE", *VALUES[1:])
TYPES = {
    "TIME_PERIOD": "PERIOD",
    "OBS_VALUE": "INTEGER",
    "MEASUREMENT": "INTEGER",
    "LOWER_BOUND": "INTEGER",
    "UPPER_BOUND": "INTEGER",
    "LOW_RELIABILITY": "BOOLEAN",
}
"""What columns hold that have no codes, as SDMX names it."""


def codelist_id(column: str) -> str:
    """The id of the list that a column's codes are of; empty for one without codes.

    Example:
        >>> codelist_id("SEX"), codelist_id("OBS_STATUS"), codelist_id("VINTAGE")
        ('CL_SEX_RELEASED', 'CL_OBS_STATUS', 'CL_VINTAGE')
    """
    if not codes_of(column):
        return ""
    listed = CODELISTS.get(column, f"CL_{column}")
    return f"{listed}_RELEASED" if column in DIMENSIONS[2:] else listed


def components_of(release: Release) -> tuple[str, ...]:
    """The columns of a release's data set: dimensions, of which time is the last, value, rest."""
    dimensions = [*BEFORE, *(name for name in release.dimensions if name != TIME), TIME]
    return (*dimensions, VALUES[0], *ATTRIBUTES)


def structures(release: Release, types: Mapping[str, str] = TYPES) -> list[Any]:
    """Code lists, concepts, data structure and data flow of a release's table.

    Args:
        release: Of the table.
        types: What columns hold; texts where nothing else is told.
    """
    model = needed("pysdmx.model", EXTRA)
    lists = {
        codelist_id(name): _codelist(model, name, release)
        for name in components_of(release)
        if codes_of(name)
    }
    concepts = [
        model.Concept(id=name, name=CONCEPTS[name]["en"])
        for name in CONCEPTS
        if name not in ("RELEASE", "TABLE")
    ]
    scheme = model.ConceptScheme(
        id=CONCEPT_SCHEME,
        name="Columns of southmed's releases",
        agency=AGENCY,
        version=VERSION,
        items=concepts,
    )
    title = title_of(release, "en")
    definition = model.DataStructureDefinition(
        id=f"DSD_{release.table}",
        name=title,
        agency=AGENCY,
        version=VERSION,
        components=model.Components(
            [_component(model, name, lists, types) for name in components_of(release)]
        ),
    )
    flow = model.Dataflow(
        id=release.table, name=title, agency=AGENCY, version=VERSION, structure=definition
    )
    return [*lists.values(), scheme, definition, flow]


def schema(release: Release, types: Mapping[str, str] = TYPES) -> Any:
    """What a data set of the release's table looks like; arguments as of `structures`."""
    model = needed("pysdmx.model", EXTRA)
    *_, definition, flow = structures(release, types)
    return model.Schema(
        context="dataflow",
        agency=AGENCY,
        id=flow.id,
        version=VERSION,
        components=definition.components,
    )


def _codelist(model: Any, column: str, release: Release) -> Any:
    told = {getattr(row, column) for row in release.observations} if column == "INDICATOR" else ()
    codes = dict.fromkeys([*codes_of(column), *sorted(told)])
    return model.Codelist(
        id=codelist_id(column),
        name=CONCEPTS[column]["en"],
        agency=AGENCY,
        version=VERSION,
        items=[model.Code(id=code, name=label(column, code, "en")) for code in codes],
    )


def title_of(release: Release, language: Language) -> str:
    """What a release's table is called in the structures."""
    return f"{release.table}: {getattr(release.title, language)}"


def _component(model: Any, column: str, lists: dict[str, Any], types: Mapping[str, str]) -> Any:
    attribute = column in ATTRIBUTES
    measure = column == VALUES[0]
    role = "ATTRIBUTE" if attribute else "MEASURE" if measure else "DIMENSION"
    return model.Component(
        id=column,
        required=True,
        role=model.Role[role],
        concept=model.ItemReference("Concept", AGENCY, CONCEPT_SCHEME, VERSION, column),
        local_dtype=model.DataType[types.get(column, "STRING")],
        local_codes=lists.get(codelist_id(column)),
        attachment_level="O" if attribute else None,
    )
