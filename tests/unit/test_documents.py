"""The generated documents: current, complete, and sound in themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.documents import DOCUMENTS, stale, write
from deploy.documents.asyncapi import document, short_names
from deploy.documents.data_dictionary import meaning_of
from deploy.documents.error_table import ROOMS, load_all_errors
from deploy.documents.meanings import MEANINGS
from schemas.case_events import EVENT_TYPES
from schemas.codec import fingerprint_of, registry
from schemas.codelists import FOLDER, codelist
from schemas.errors import SouthmedError, tree
from schemas.event_fields import CaseEvent
from schemas.indicators import catalogue
from schemas.topics import JSON_MESSAGES, RELEASES, TOPICS
from tests.releases import a_release

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_every_document_is_current() -> None:
    assert stale(DOCS) == [], "run: southmed docs generate"


def test_a_document_that_was_touched_is_noticed_and_mended(tmp_path: Path) -> None:
    assert write(tmp_path) == list(DOCUMENTS)
    (tmp_path / "topics.md").write_text("nothing", encoding="utf-8")
    assert stale(tmp_path) == ["topics.md"]
    assert write(tmp_path) == ["topics.md"]
    assert stale(tmp_path) == []


# --- AsyncAPI ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    text = (DOCS / "asyncapi.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for part in node.values():
            yield from _references(part)
    elif isinstance(node, list):
        for part in node:
            yield from _references(part)


def _resolve(root: dict[str, Any], reference: str) -> Any:
    node: Any = root
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def test_asyncapi_is_what_was_meant(asyncapi: dict[str, Any]) -> None:
    assert asyncapi == document()
    assert asyncapi["asyncapi"].startswith("3.")


def test_asyncapi_references_resolve(asyncapi: dict[str, Any]) -> None:
    references = list(_references(asyncapi))
    assert len(references) > len(TOPICS)
    for reference in references:
        assert isinstance(_resolve(asyncapi, reference), dict), reference


def test_asyncapi_has_every_topic_with_its_bindings(asyncapi: dict[str, Any]) -> None:
    channels = {channel["address"]: channel for channel in asyncapi["channels"].values()}
    assert set(channels) == {topic.template for topic in TOPICS}
    for topic in TOPICS:
        kafka = channels[topic.template]["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        kept = kafka["topicConfiguration"]["retention.ms"]
        assert kept == (-1 if topic.retention_ms is None else topic.retention_ms)


def test_asyncapi_operations_are_the_access_rights(asyncapi: dict[str, Any]) -> None:
    """Each right of the table of topics is one operation, on a message that its channel has."""
    found = set()
    for name, operation in asyncapi["operations"].items():
        channel = _resolve(asyncapi, operation["channel"]["$ref"])
        for message in operation["messages"]:
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
        role = name.partition(f".{operation['action']}.")[0]
        found.add((role, operation["action"], channel["address"]))
    due = {
        (principal.removesuffix(".{cc}"), action, topic.template)
        for topic in TOPICS
        for action, principals in (("send", topic.writers), ("receive", topic.readers))
        for principal in principals
    }
    assert found == due


def test_asyncapi_has_every_event_type_and_no_channel_carries_one(
    asyncapi: dict[str, Any],
) -> None:
    messages = asyncapi["components"]["messages"]
    assert set(EVENT_TYPES) < set(messages)
    carried = {name for channel in asyncapi["channels"].values() for name in channel["messages"]}
    assert not carried & set(EVENT_TYPES)
    for event_type in EVENT_TYPES:
        assert messages[event_type]["x-carried-in"] in carried


def test_asyncapi_payloads_are_the_pinned_schemas(asyncapi: dict[str, Any]) -> None:
    """Written out and read back, each payload still has the fingerprint that messages carry."""
    components = asyncapi["components"]
    messages = components["messages"]
    payloads = {name: m["payload"] for name, m in messages.items() if name not in JSON_MESSAGES}
    for subject, payload in {**payloads, **components["schemas"]}.items():
        assert fingerprint_of(payload["schema"]) == registry().newest[subject].fingerprint, subject


def test_asyncapi_has_the_json_schema_of_releases_and_it_bites(asyncapi: dict[str, Any]) -> None:
    message = asyncapi["components"]["messages"][RELEASES.message]
    schema, release = message["payload"], json.loads(a_release().dump())
    jsonschema.validate(release, schema)
    jsonschema.validate(a_release().key, message["bindings"]["kafka"]["key"])
    assert "$ref" not in json.dumps(schema)
    for broken in (
        {**release, "victims": 7},
        {**release, "vintage": "SECRET"},
        {**release, "observations": [{**release["observations"][0], "OBS_VALUE": -1}]},
        {name: part for name, part in release.items() if name != "statement"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


def test_short_names_leave_no_dot_in_a_name() -> None:
    schema = {"type": "record", "name": "a.b.C", "fields": [{"name": "d", "type": "a.b.E"}]}
    assert short_names(schema) == {
        "type": "record",
        "name": "C",
        "namespace": "a.b",
        "fields": [{"name": "d", "type": "a.b.E"}],
    }


# --- Tables --------------------------------------------------------------------------------------


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_field_has_a_meaning_and_every_meaning_a_field() -> None:
    fields = {
        (event_type, name): info
        for event_type, model in EVENT_TYPES.items()
        for name, info in model.model_fields.items()
        if name != "event_type"
    }
    without = [place for place, info in fields.items() if not meaning_of(place[1], info)]
    assert without == []
    assert set(MEANINGS) <= {name for _, name in fields}


def test_the_dictionary_has_every_field_and_every_code() -> None:
    text = _text("data-dictionary.md")
    for event_type, model in EVENT_TYPES.items():
        section = text.partition(f"## {event_type}\n")[2].partition("\n## ")[0]
        own = set(model.model_fields) - set(CaseEvent.model_fields)
        assert section, event_type
        assert all(f"| `{name}` |" in section for name in own - {"event_type"}), event_type
    for file in FOLDER.iterdir():
        if file.name.startswith("CL_"):
            list_id = file.name.removesuffix(".csv")
            section = text.partition(f"### {list_id}\n")[2].partition("\n### ")[0]
            for entry in codelist(list_id):
                assert f"| `{entry.code}` |" in section, (list_id, entry.code)


def test_arabic_that_nobody_reviewed_says_so() -> None:
    text = _text("data-dictionary.md")
    sex = text.partition("### CL_SEX\n")[2].partition("\n### ")[0]
    areas = text.partition("### CL_AREA\n")[2].partition("\n### ")[0]
    female = next(line for line in sex.splitlines() if line.startswith("| `F` |"))
    tunisia = next(line for line in areas.splitlines() if line.startswith("| `TUN` |"))
    assert "†" in female
    assert "†" not in tunisia


def test_every_error_is_in_the_table_with_a_code_of_its_own() -> None:
    load_all_errors()
    text = _text("errors.md")
    ours = [error for error in tree() if error.__module__.partition(".")[0] in ROOMS]
    codes = [error.code for error in ours]
    assert sorted(codes) == sorted(set(codes)), "two errors share a code"
    for error in ours:
        if error is not SouthmedError:
            assert f"`{error.__name__}`" in text, error.__name__
            assert error.code in text


def test_every_indicator_is_in_the_table() -> None:
    text = _text("indicators.md")
    assert all(f"| `{code}` |" in text for code in catalogue())


# --- What people wrote by hand -------------------------------------------------------------------

WRITTEN = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_tests_that_are_named_as_proof_exist(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?", page.read_text(encoding="utf-8"))
    missing = [
        (path, test)
        for path, test in named
        if not (ROOT / path).is_file()
        or (test and not re.search(rf"def {test}\(", (ROOT / path).read_text(encoding="utf-8")))
    ]
    assert missing == []
