"""The schemas accept what loads, refuse what does not, and never call a written-out secret right."""

from __future__ import annotations

import json
import re
from pathlib import Path

from firstbell.config.loading import FILES
from firstbell.config.schema import modeline, schemas, write_schemas
from tests.unit.config_folder import DeskSettings, WebSettings


def schema(name: str) -> dict[str, object]:
    return json.loads(schemas({"desk": DeskSettings}, {"web": WebSettings})[f"{name}.schema.json"])


def test_every_file_has_a_schema_and_points_at_it(tmp_path: Path) -> None:
    written = {path.name for path in write_schemas(tmp_path / "s", {"desk": DeskSettings}, {"web": WebSettings})}
    pointed = {modeline(file).rpartition("/")[2] for file in FILES}
    assert written == pointed == {path.name for path in (tmp_path / "s").iterdir()}


def test_settings_depend_on_the_kind() -> None:
    definitions = schema("sources")["$defs"]
    (rule,) = definitions["Source"]["allOf"]
    assert rule["if"] == {"properties": {"kind": {"const": "desk"}}}
    assert rule["then"]["properties"]["settings"] == {"$ref": "#/$defs/source_desk"}
    assert definitions["source_desk"]["additionalProperties"] is False


def test_a_probe_says_its_kind() -> None:
    definitions = schema("services")["$defs"]
    assert definitions["Service"]["properties"]["probe"] == {"oneOf": [{"$ref": "#/$defs/probe_web"}]}
    assert definitions["probe_web"]["properties"]["kind"] == {"const": "web"}
    assert definitions["probe_web"]["required"] == ["kind", "url"]


def test_a_secret_is_a_reference() -> None:
    secret = schema("sources")["$defs"]["source_desk"]["properties"]["token"]["anyOf"][0]
    assert re.match(secret["pattern"], "env:TOKEN")
    assert not re.match(secret["pattern"], "hunter2")


def test_lists_of_sections_may_be_a_table_and_other_lists_may_not() -> None:
    school = schema("district")["$defs"]["School"]["properties"]["known_as"]
    schools = schema("district")["properties"]["schools"]["anyOf"]
    assert school["type"] == "array"
    assert [one.get("type") for one in schools] == ["array", "object"]
    assert schools[1]["required"] == ["file"]


def test_times_are_local_and_need_no_offset() -> None:
    starts = schema("meetings")["$defs"]["Recurrence"]["properties"]["starts"]
    assert "format" not in starts
    assert re.match(starts["pattern"], "2026-09-03T16:00")
