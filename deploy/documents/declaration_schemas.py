"""JSON Schemas of ``register.yaml`` and ``codes.yaml``, for editors that complete and underline.

They follow from the models of the kit, in draft 7, which every editor knows. The rules:

1. What ``southmed adapter lint`` accepts, the schema accepts, in every spelling that YAML allows:
   one name or a list of names, the bare name of a column or a word of the vocabulary.
2. What is closed is listed: countries, event types, the fields of each type with the constants
   that each allows, code lists, the codes of each list.
3. What a schema cannot see (whether a column is declared, whether a table of words is there) is
   left to lint. A schema is a help; lint is the judge.
4. Descriptions are those of the models' docstrings; nothing is written here again.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from country_adapters.kit import rules
from country_adapters.kit.checks import FILLED_BY_KIT, WITH_DEFAULT
from country_adapters.kit.codes import LOCAL, FileOfWords
from country_adapters.kit.declaration import RegisterDeclaration
from country_adapters.kit.row import Rule
from schemas.case_events import EVENT_TYPES
from schemas.codelists import FOLDER, CodeOf, codelist
from schemas.event_fields import CaseEvent

DRAFT = "http://json-schema.org/draft-07/schema#"
NAMES = {"register.yaml": "register.schema.json", "codes.yaml": "codes.schema.json"}
"""Which file of a declaration each schema is for."""
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
_WORD_OF_RULES = re.compile(r"^``(\w+)``\s+(.+(?:\n {16}.+)*)", re.MULTILINE)


def render_register() -> str:
    """``register.schema.json``."""
    schema = _schema_of(RegisterDeclaration)
    schema["properties"]["country"]["enum"] = list(codelist("CL_REPORTING_COUNTRY").codes)
    event = schema["$defs"]["EventRule"]
    event["properties"]["type"]["enum"] = list(EVENT_TYPES)
    event["allOf"] = [_fields_of(name, model) for name, model in EVENT_TYPES.items()]
    return written(schema)


def render_codes() -> str:
    """``codes.schema.json``."""
    schema = _schema_of(FileOfWords)
    table = schema["$defs"]["TableOfWords"]
    lists = sorted(path.name.removesuffix(".csv") for path in _code_lists())
    table["properties"]["list"]["enum"] = [*lists, LOCAL]
    table["allOf"] = [_codes_of(list_id) for list_id in lists]
    return written(schema)


RENDERED = {
    NAMES["register.yaml"]: render_register,
    NAMES["codes.yaml"]: render_codes,
}


def _code_lists() -> Iterator[Path]:
    return (cast(Path, path) for path in FOLDER.iterdir() if path.name.startswith("CL_"))


# --- What the models do not say by themselves ----------------------------------------------------


def _fields_of(name: str, model: type[CaseEvent]) -> JsonSchemaValue:
    """What holds of ``fields`` where ``type`` is this event type."""
    filled = {n: i for n, i in model.model_fields.items() if n not in FILLED_BY_KIT}
    needed = [n for n, i in filled.items() if i.is_required() and n not in WITH_DEFAULT]
    fields = {
        "description": inspect.cleandoc(model.meaning),
        "properties": {n: _field(info) for n, info in filled.items()},
        "additionalProperties": False,
        "required": needed,
    }
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {"properties": {"fields": fields}},
    }


def _field(info: FieldInfo) -> JsonSchemaValue:
    """A field's rule; a constant must be one of its codes, unless the list grows."""
    coded = _code_of(info)
    made: JsonSchemaValue = {"allOf": [{"$ref": "#/$defs/FieldRule"}]}
    if info.description:
        made["description"] = info.description
    if coded is not None and not coded.grows:
        codes = {"enum": list(coded.symbols)}
        one_or_many = {"anyOf": [codes, {"type": "array", "items": codes}]}
        made["allOf"].append({"properties": {"const": one_or_many}})
    return made


def _code_of(info: FieldInfo) -> CodeOf | None:
    """The code list of a field, also of one that holds several codes or may be left out."""
    pending: list[Any] = [*info.metadata, info.annotation]
    while pending:
        part = pending.pop()
        if isinstance(part, CodeOf):
            return part
        pending += [*getattr(part, "__metadata__", ()), *getattr(part, "__args__", ())]
    return None


def _codes_of(list_id: str) -> JsonSchemaValue:
    codes = {
        code.code: {"description": code.labels["en"], "allOf": [{"$ref": "#/$defs/Words"}]}
        for code in codelist(list_id)
    }
    return {
        "if": {"properties": {"list": {"const": list_id}}, "required": ["list"]},
        "then": {"properties": {"values": {"properties": codes, "additionalProperties": False}}},
    }


# --- From models to a schema ---------------------------------------------------------------------


class _Described(GenerateJsonSchema):
    """Takes descriptions from the docstrings of the models, and no titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        made.pop("title", None)
        told = _told(model)
        if told:
            made["description"] = told
        for name, text in _attributes(model).items():
            alias = model.model_fields[name].alias or name if name in model.model_fields else name
            if alias in made.get("properties", {}):
                made["properties"][alias].setdefault("description", text)
        return made


def _told(model: type[BaseModel]) -> str:
    """What a model is: its word in the table of rules, or the first paragraph of its docstring."""
    first = next(iter(model.model_fields), "")
    own = _flat((model.__doc__ or "").partition("\n\n")[0])
    if issubclass(model, Rule):
        word = model.model_fields[first].alias or first
        table = dict(_WORD_OF_RULES.findall(rules.__doc__ or ""))
        return _flat(f"{table[word]}. {own}".strip().replace("..", "."))
    return own


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """The attributes that the docstrings of a model and of those above it describe."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        _, _, section = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")
        found |= {name: _flat(text) for name, text in _ATTRIBUTE.findall(section)}
    return found


def _flat(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    schema = described(model)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    if model is RegisterDeclaration:
        fields = definitions["EventRule"]["properties"]["fields"]
        definitions["FieldRule"] = fields["additionalProperties"]
        fields["additionalProperties"] = {"$ref": "#/$defs/FieldRule"}
    else:
        values = definitions["TableOfWords"]["properties"]["values"]
        definitions["Words"] = values["additionalProperties"]
        values["additionalProperties"] = {"$ref": "#/$defs/Words"}
    return in_draft_7(schema)


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model, with descriptions from its docstrings."""
    return model.model_json_schema(schema_generator=_Described, mode="validation")


def in_draft_7(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same schema in draft 7."""
    return {"$schema": DRAFT, **cast(dict[str, Any], _draft_7(dict(schema)))}


def _draft_7(node: object) -> object:
    """The same in draft 7: a tuple's items have another key, a union has no discriminator.

    A ``default`` is left out, as editors would write it.
    """
    if isinstance(node, list):
        return [_draft_7(part) for part in node]
    if not isinstance(node, dict):
        return node
    renamed = {"prefixItems": "items"}
    left_out = {"discriminator", "default"}
    return {
        renamed.get(key, key): _parts(value) if key in ("properties", "$defs") else _draft_7(value)
        for key, value in node.items()
        if key not in left_out
    }


def _parts(named: Mapping[str, object]) -> dict[str, object]:
    """Schemas by names that are the register's own: a column may be called ``default``."""
    return {name: _draft_7(part) for name, part in named.items()}


def written(schema: Mapping[str, Any]) -> str:
    """The text of the file."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
