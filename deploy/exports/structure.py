"""The SDMX structures of a table: its data structure definition, concepts and code lists.

The rules:

1. Each table has a structure of its own, under its id. Nothing is filled up with totals that nobody
   measured.
2. What tells cells apart is a dimension; everything else is an attribute of the observation, the
   measurement and its bounds too, because many tools know of one measure only.
3. Code lists are the contract's, whole, with the two residual codes where releases have them. They
   are shared between tables, but for those that a dimension makes its own by these codes.
4. What a structure holds decides on its version, and nothing in it depends on a single release: see
   `deploy.exports.versions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deploy.exports.errors import StructureUnknown
from deploy.exports.labels import CONCEPTS, LANGUAGES, codes_of, label
from deploy.exports.libraries import needed
from deploy.exports.rows import BEFORE, MONTH_TOLD, VALUES, dimensions_of
from deploy.exports.versions import Pins, pins, renewed, version_of
from processors.release.measure import columns_of
from processors.release.tables import MONTH, shipped
from schemas.codelists import Language
from schemas.releases import CODELISTS, DIMENSIONS, Release

AGENCY = "SOUTHMED"
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
    return _in_order(dimensions_of(release))


def _in_order(dimensions: Iterable[str]) -> tuple[str, ...]:
    others = (name for name in dimensions if name != TIME)
    return (*BEFORE, *others, TIME, VALUES[0], *ATTRIBUTES)


def structures(release: Release, types: Mapping[str, str] = TYPES) -> list[Any]:
    """Code lists, concepts, data structure and data flow of a release's table.

    Args:
        release: Of the table.
        types: What columns hold; texts where nothing else is told.

    Raises:
        StructureUnknown: The table, or its indicator, is newer than this version.
    """
    model = needed("pysdmx.model", EXTRA)
    if unknown := {o.INDICATOR for o in release.observations} - set(codes_of("INDICATOR")):
        raise StructureUnknown(expected="an indicator of the catalogue", got=min(unknown))
    lists = {
        codelist_id(name): _codelist(model, name)
        for name in components_of(release)
        if codes_of(name)
    }
    concepts = [model.Concept(id=name, name=CONCEPTS[name]["en"]) for name in _concepts()]
    scheme = model.ConceptScheme(
        id=CONCEPT_SCHEME,
        name="Columns of southmed's releases",
        agency=AGENCY,
        version=version_of(CONCEPT_SCHEME),
        items=concepts,
    )
    title = title_of(release, "en")
    definition = model.DataStructureDefinition(
        id=f"DSD_{release.table}",
        name=title,
        agency=AGENCY,
        version=version_of(release.table),
        components=model.Components(
            [_component(model, name, lists, types) for name in components_of(release)]
        ),
    )
    flow = model.Dataflow(
        id=release.table,
        name=title,
        agency=AGENCY,
        version=version_of(release.table),
        structure=definition,
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
        version=flow.version,
        components=definition.components,
    )


def _concepts() -> list[str]:
    return [name for name in CONCEPTS if name not in ("RELEASE", "TABLE")]


def _codelist(model: Any, column: str) -> Any:
    return model.Codelist(
        id=codelist_id(column),
        name=CONCEPTS[column]["en"],
        agency=AGENCY,
        version=version_of(codelist_id(column)),
        items=[model.Code(id=code, name=label(column, code, "en")) for code in codes_of(column)],
    )


def title_of(release: Release, language: Language) -> str:
    """What a release's table is called in the structures."""
    return f"{release.table}: {getattr(release.title, language)}"


def _component(model: Any, column: str, lists: dict[str, Any], types: Mapping[str, str]) -> Any:
    return model.Component(
        id=column,
        required=True,
        role=model.Role[_role(column)],
        concept=model.ItemReference(
            "Concept", AGENCY, CONCEPT_SCHEME, version_of(CONCEPT_SCHEME), column
        ),
        local_dtype=model.DataType[types.get(column, "STRING")],
        local_codes=lists.get(codelist_id(column)),
        attachment_level="O" if column in ATTRIBUTES else None,
    )


# --- Versions ------------------------------------------------------------------------------------


def due() -> Pins:
    """The pins of all structures as the contract and the file of tables are now."""
    contents: dict[str, Any] = {}
    tables = {name: _in_order(_broken_down_by(name)) for name in shipped().tables}
    for column in sorted({column for columns in tables.values() for column in columns}):
        if listed := codelist_id(column):
            told = {code: _told(labels) for code, labels in codes_of(column).items()}
            contents[listed] = [_told(CONCEPTS[column]), told]
    contents[CONCEPT_SCHEME] = {name: _told(CONCEPTS[name]) for name in _concepts()}
    used = {}
    for table, columns in tables.items():
        contents[table] = [[name, _role(name), TYPES.get(name, "")] for name in columns]
        used[table] = frozenset({CONCEPT_SCHEME, *filter(None, map(codelist_id, columns))})
    return renewed(pins(), contents, used)


def _broken_down_by(table: str) -> tuple[str, ...]:
    """As `dimensions_of` tells of a release."""
    row = shipped().tables[table]
    return (*columns_of(row), *([MONTH_TOLD] if MONTH in row.by else []))


def _told(labels: Mapping[Language, str]) -> list[str]:
    return [labels[language] for language in LANGUAGES]


def _role(column: str) -> str:
    if column in ATTRIBUTES:
        return "ATTRIBUTE"
    return "MEASURE" if column == VALUES[0] else "DIMENSION"
