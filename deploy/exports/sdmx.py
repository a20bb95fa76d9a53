"""SDMX-CSV 2.0, and SDMX-ML 3.0 with the structures it is read by.

pysdmx writes both. It knows names in English only, so names in the other languages, and the part
of the note of method that holds for every release of the table, are put into the structures
afterwards.

Headers carry the release's own date and name, not a clock's and a random one: the same release
gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from deploy.exports.labels import CONCEPTS, LANGUAGES, Labels, codes_of
from deploy.exports.libraries import needed
from deploy.exports.method import about_table
from deploy.exports.plain import Style
from deploy.exports.rows import Row, rows
from deploy.exports.structure import (
    AGENCY,
    EXTRA,
    codelist_id,
    components_of,
    schema,
    structures,
    title_of,
)
from schemas.releases import Release

_COMMON = "{http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common}"
_STRUCTURE = "{http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def write_sdmx_csv(release: Release, _style: Style) -> bytes:
    """SDMX-CSV 2.0: codes only, each row with the data flow that it is of."""
    formats, io = needed("pysdmx.io.format", EXTRA), needed("pysdmx.io", EXTRA)
    # As texts, so that true and false are written as SDMX has them, not as Python does.
    plain = [{name: _text(value) for name, value in row.items()} for row in _rows(release)]
    data = _data_set(plain, schema(release, types={}))
    text: str = io.write_sdmx([data], formats.Format.DATA_SDMX_CSV_2_0_0)
    return text.encode()


def write_sdmx_data(release: Release, _style: Style) -> bytes:
    """SDMX-ML 3.0, structure specific data."""
    formats, io = needed("pysdmx.io.format", EXTRA), needed("pysdmx.io", EXTRA)
    text: str = io.write_sdmx(
        [_data_set(_rows(release), schema(release))],
        formats.Format.DATA_SDMX_ML_3_0,
        header=_header(release),
    )
    return text.encode()


def write_sdmx_structure(release: Release, _style: Style) -> bytes:
    """SDMX-ML 3.0, structures: code lists, concepts, data structure, data flow."""
    formats, io = needed("pysdmx.io.format", EXTRA), needed("pysdmx.io", EXTRA)
    text: str = io.write_sdmx(
        structures(release), formats.Format.STRUCTURE_SDMX_ML_3_0, header=_header(release)
    )
    return _in_all_languages(text.encode(), release)


def _rows(release: Release) -> list[Row]:
    return [{name: row[name] for name in components_of(release)} for row in rows(release)]


def _data_set(plain: list[Row], structure: Any) -> Any:
    pandas, sdmx = needed("pandas", EXTRA), needed("pysdmx.io.pd", EXTRA)
    return sdmx.PandasDataset(structure=structure, data=pandas.DataFrame(plain))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _header(release: Release) -> Any:
    message, model = needed("pysdmx.model.message", EXTRA), needed("pysdmx.model", EXTRA)
    return message.Header(
        id=release.key.replace("|", "_"),
        prepared=datetime.combine(release.statement.released_on, time(), UTC),
        sender=model.Organisation(id=AGENCY),
    )


def _in_all_languages(message: bytes, release: Release) -> bytes:
    """The structure message with every name in every language, and what the table is about."""
    etree = needed("lxml.etree", EXTRA)
    root = etree.fromstring(message)
    columns = {codelist_id(name): name for name in components_of(release)}
    for english in list(root.iter(f"{_COMMON}Name")):
        owner = english.getparent()
        names = _names(owner, columns, release)
        for language in reversed(LANGUAGES[1:]):
            if names:
                _add_after(etree, english, "Name", language, names[language])
    flow = root.find(f".//{_STRUCTURE}Dataflow")
    last = flow.findall(f"{_COMMON}Name")[-1]
    for language in reversed(LANGUAGES):
        _add_after(
            etree, last, "Description", language, "\n\n".join(about_table(release, language))
        )
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def _names(owner: Any, columns: Mapping[str, str], release: Release) -> Labels | None:
    """What an element of the message is called; None where there is only an English name."""
    kind, name = owner.tag.removeprefix(_STRUCTURE), owner.get("id")
    if kind == "Code":
        return codes_of(columns[owner.getparent().get("id")]).get(name)
    if kind in ("Codelist", "Concept"):
        return CONCEPTS[columns.get(name, name)]
    if kind in ("Dataflow", "DataStructure"):
        return {language: title_of(release, language) for language in LANGUAGES}
    return None


def _add_after(etree: Any, before: Any, tag: str, language: str, text: str) -> None:
    element = etree.Element(f"{_COMMON}{tag}")
    element.set(_LANG, language)
    element.text, element.tail = text, before.tail
    before.addnext(element)
