"""JSON Schema of the district folder, so that an editor completes and checks while somebody types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from firstbell.config.loading import FILES

FOLDER = ".schema"
"""Where the schemas lie, inside the district folder; each file's first line points there."""

_REFERENCE = {"type": "string", "pattern": "^(env|file|prefect-secret):.+$", "examples": ["env:NAME"]}
_LOCAL = {"date-time": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", "time": r"^\d\d:\d\d(:\d\d)?$"}
"""JSON Schema's own formats ask for an offset; the folder's times are local."""
_TABLE = {
    "type": "object",
    "properties": {"file": {"type": "string", "pattern": "\\.csv$"}},
    "required": ["file"],
    "additionalProperties": False,
}

Kinds = Mapping[str, type[BaseModel]]


def modeline(file: str) -> str:
    """The comment by which editors find the schema of a file of the folder."""
    return f"# yaml-language-server: $schema={FOLDER}/{schema_name(file)}"


def schema_name(file: str) -> str:
    """The name of a file's schema.

    >>> schema_name("district.yaml")
    'district.schema.json'
    """
    return f"{Path(file).stem}.schema.json"


def schemas(sources: Kinds, probes: Kinds) -> dict[str, str]:
    """The schema of every file as JSON text, by the schema's name; with the settings of every kind given."""
    return {schema_name(file): _text(_schema(file, model, sources, probes)) for file, model in FILES.items()}


def write_schemas(folder: Path, sources: Kinds, probes: Kinds) -> tuple[Path, ...]:
    """Write all schemas into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = schemas(sources, probes)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _schema(file: str, model: type[BaseModel], sources: Kinds, probes: Kinds) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.setdefault("$defs", {})
    if file == "sources.yaml":
        definitions["Source"]["properties"]["kind"]["enum"] = sorted(sources)
        definitions["Source"]["allOf"] = [
            {
                "if": {"properties": {"kind": {"const": kind}}},
                "then": {"properties": {"settings": _settings(definitions, f"source_{kind}", one)}},
            }
            for kind, one in sorted(sources.items())
        ]
    if file == "services.yaml":
        definitions["Service"]["properties"]["probe"] = {
            "oneOf": [_probe(definitions, kind, one) for kind, one in sorted(probes.items())]
        }
    finished: dict[str, Any] = _finish(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **finished}


def _settings(definitions: dict[str, Any], name: str, model: type[BaseModel]) -> dict[str, str]:
    """Put a kind's settings among the definitions and refer to them."""
    found = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}_{{model}}")
    definitions |= {f"{name}_{inner}": schema for inner, schema in found.pop("$defs", {}).items()}
    definitions[name] = found
    return {"$ref": f"#/$defs/{name}"}


def _probe(definitions: dict[str, Any], kind: str, model: type[BaseModel]) -> dict[str, str]:
    reference = _settings(definitions, f"probe_{kind}", model)
    settings = definitions[f"probe_{kind}"]
    settings["properties"] = {"kind": {"const": kind}, **settings.get("properties", {})}
    settings["required"] = ["kind", *settings.get("required", [])]
    return reference


def _finish(schema: Any) -> Any:
    """Secrets become references, and lists of sections may be a CSV file."""
    if isinstance(schema, list):
        return [_finish(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "password":
        return {**_REFERENCE, **{key: schema[key] for key in ("description", "title") if key in schema}}
    if schema.get("type") == "string" and schema.get("format") in _LOCAL:
        return {**{key: value for key, value in schema.items() if key != "format"}, "pattern": _LOCAL[schema["format"]]}
    finished = {key: _finish(value) for key, value in schema.items()}
    if finished.get("type") == "array" and "$ref" in (finished.get("items") or {}):
        about = {key: finished.pop(key) for key in ("description", "title", "default") if key in finished}
        return {**about, "anyOf": [finished, _TABLE]}
    return finished
