"""SDMX exports: valid against the published schemas, and read back as they were written.

The reader is pysdmx's; the XML Schemas are SDMX's own.
"""

from __future__ import annotations

from typing import Any

import pytest

from deploy.exports.formats import FormatName, files_of
from deploy.exports.labels import LANGUAGES, codes_of
from deploy.exports.method import about_table
from deploy.exports.plain import Style
from deploy.exports.rows import dimensions_of
from deploy.exports.structure import ATTRIBUTES, codelist_id, components_of
from schemas.releases import Release
from tests.extras import library
from tests.published import releases

TABLES = sorted(releases())
every_table = pytest.mark.parametrize("name", TABLES)
COMMON = "{http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common}"
STRUCTURE = "{http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Cells = list[dict[str, Any]]


@pytest.fixture(scope="module")
def sdmx() -> Any:
    library("pandas", "sdmx")
    library("lxml", "sdmx")
    return library("pysdmx.io", "sdmx")


def exported(release: Release, end: str) -> str:
    name = FormatName.SDMX_CSV if end == ".sdmx.csv" else FormatName.SDMX_ML
    return files_of(release, [name], Style())[release.key.replace("|", "_") + end].decode()


def published(release: Release) -> Cells:
    """The observations under the names of the data structure, as texts."""
    columns = components_of(release)
    told = [
        {
            **o.model_dump(mode="json"),
            "VINTAGE": release.vintage,
            "MONTH_TOLD": "Y" if o.FREQ == "M" else "N",
        }
        for o in release.observations
    ]
    return [{name: _text(row[name]) for name in columns} for row in told]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def cells(data: Any) -> Cells:
    return [{n: _text(v) for n, v in row.items()} for row in data.astype(object).to_dict("records")]


@every_table
def test_sdmx_csv_is_read_back_as_it_was_published(sdmx: Any, name: str) -> None:
    release = releases()[name]
    content = exported(release, ".sdmx.csv")
    head, first, *_ = content.splitlines()
    assert head.startswith("STRUCTURE,STRUCTURE_ID,ACTION,FREQ,INDICATOR,REF_AREA,")
    assert first.startswith(f"dataflow,SOUTHMED:{name}(1.0.0),I,")
    (read,) = sdmx.read_sdmx(content, validate=True).data
    assert read.short_urn == f"Dataflow=SOUTHMED:{name}(1.0.0)"
    assert [{n: v.lower() if v in ("True", "False") else v for n, v in row.items()}
            for row in cells(read.data)] == published(release)  # fmt: skip


@every_table
@pytest.mark.usefixtures("sdmx")
def test_sdmx_csv_tells_true_and_false_as_sdmx_does(name: str) -> None:
    content = exported(releases()[name], ".sdmx.csv")
    ends = {line.rpartition(",")[2] for line in content.splitlines()[1:]}
    assert ends <= {"true", "false"}


@every_table
def test_sdmx_ml_data_is_valid_and_read_back_as_it_was_published(sdmx: Any, name: str) -> None:
    release = releases()[name]
    (read,) = sdmx.read_sdmx(exported(release, ".sdmx.xml"), validate=True).data
    assert cells(read.data) == published(release)


@every_table
def test_data_and_structure_belong_together(sdmx: Any, name: str) -> None:
    """The reader finds the structure of the data, and every value is of the type that it says."""
    release = releases()[name]
    data, structure = exported(release, ".sdmx.xml"), exported(release, ".structure.xml")
    (read,) = sdmx.get_datasets(data, structure)
    components = {component.id: component for component in read.structure.components}
    assert set(components) == set(components_of(release))
    assert cells(read.data) == published(release)
    types = {column: str(kind) for column, kind in read.data.dtypes.items()}
    assert types["LOW_RELIABILITY"] == "bool[pyarrow]"
    assert {types[n] for n in ("OBS_VALUE", "MEASUREMENT", "LOWER_BOUND", "UPPER_BOUND")} == {
        "int32[pyarrow]"
    }


@every_table
def test_the_data_structure_is_valid_and_every_code_is_of_its_list(sdmx: Any, name: str) -> None:
    release = releases()[name]
    read = sdmx.read_sdmx(exported(release, ".structure.xml"), validate=True)
    (definition,) = read.get_data_structure_definitions()
    (flow,) = read.get_dataflows()
    assert (definition.id, flow.id) == (f"DSD_{name}", name)
    lists = {listed.id: {code.id for code in listed.items} for listed in read.get_codelists()}
    for component in definition.components:
        told = {cell[component.id] for cell in published(release)}
        if listed := codelist_id(component.id):
            assert component.local_codes.id == listed
            assert told <= lists[listed]
            assert set(codes_of(component.id)) <= lists[listed]
        else:
            assert component.local_codes is None


@every_table
def test_dimensions_tell_cells_apart_and_attributes_do_not(sdmx: Any, name: str) -> None:
    release = releases()[name]
    read = sdmx.read_sdmx(exported(release, ".structure.xml"), validate=True)
    (definition,) = read.get_data_structure_definitions()
    dimensions = [component.id for component in definition.components.dimensions]
    assert {component.id for component in definition.components.attributes} == set(ATTRIBUTES)
    assert [component.id for component in definition.components.measures] == ["OBS_VALUE"]
    assert set(dimensions) == {"FREQ", "INDICATOR", *dimensions_of(release)}
    keys = [tuple(cell[n] for n in dimensions) for cell in published(release)]
    assert len(set(keys)) == len(keys)


@every_table
@pytest.mark.usefixtures("sdmx")
def test_names_are_there_in_three_languages(name: str) -> None:
    etree = library("lxml.etree", "sdmx")
    release = releases()[name]
    root = etree.fromstring(exported(release, ".structure.xml").encode())
    codes = list(root.iter(f"{STRUCTURE}Code"))
    assert len(codes) > 20
    for code in codes:
        assert [n.get(LANG) for n in code.findall(f"{COMMON}Name")] == [*LANGUAGES]
    countries = root.find(f".//{STRUCTURE}Codelist[@id='CL_REPORTING_COUNTRY']")
    told = {
        (code.get("id"), n.get(LANG)): n.text
        for code in countries.iter(f"{STRUCTURE}Code")
        for n in code.findall(f"{COMMON}Name")
    }
    assert told == {
        (code, language): text
        for code, labels in codes_of("REF_AREA").items()
        for language, text in labels.items()
    }


@pytest.mark.usefixtures("sdmx")
def test_the_data_flow_says_what_the_table_is_about() -> None:
    etree = library("lxml.etree", "sdmx")
    release = releases()["F1"]
    root = etree.fromstring(exported(release, ".structure.xml").encode())
    told = root.find(f".//{STRUCTURE}Dataflow").findall(f"{COMMON}Description")
    assert {element.get(LANG): element.text for element in told} == {
        language: "\n\n".join(about_table(release, language)) for language in LANGUAGES
    }


def test_an_altered_data_message_is_noticed_by_the_schema(sdmx: Any) -> None:
    """That the validation above can fail at all."""
    content = exported(releases()["F1"], ".structure.xml")
    spoilt = content.replace("<str:DimensionList>", "<str:DimensionHeap>").replace(
        "</str:DimensionList>", "</str:DimensionHeap>"
    )
    with pytest.raises(Exception, match="Validation Error"):
        sdmx.read_sdmx(spoilt, validate=True)


@pytest.mark.usefixtures("sdmx")
def test_the_same_release_gives_the_same_messages() -> None:
    release = releases()["P3"]
    again = Release.parse(release.dump())
    both = [FormatName.SDMX_CSV, FormatName.SDMX_ML]
    assert files_of(release, both, Style()) == files_of(again, both, Style())


@pytest.mark.usefixtures("sdmx")
def test_two_releases_of_a_table_have_one_structure() -> None:
    """But for the header, which tells of which release the message is."""
    from tests.releases import a_release

    one, other = a_release("F2|2022|FINAL"), a_release("F2|2023|FINAL")
    bodies = [exported(r, ".structure.xml").partition("</mes:Header>")[2] for r in (one, other)]
    assert bodies[0] == bodies[1] != ""
