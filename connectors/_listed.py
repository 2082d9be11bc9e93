"""Lists of mappings in a YAML file as rows: every scalar as the text that stands there, with its line.

Nothing is guessed: `no`, `1.10` and `2026-09-01` stay text until a column's rule reads them. A nested mapping such as
`waiver: {reason: ...}` becomes the columns `waiver_reason` and so on; a list becomes one text parted by semicolons.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from connectors._cells import Reading
from connectors._errors import BadReplyError, SettingsError
from connectors._files import SourceFile, reading
from connectors._rows import Row
from connectors._table import tidy

MAXIMUM_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """One list of a YAML file, as rows with the given columns."""

    name: str
    title: str
    items: SequenceNode | None
    columns: frozenset[str]
    required: frozenset[str]
    reading: Reading

    def rows(self) -> Iterator[Row]:
        headings = {column: column for column in self.columns}
        for item in self.items.value if self.items else ():
            cells: dict[str, str] = {}
            trouble = _flatten(item, "", cells)
            unknown = sorted(cells.keys() - self.columns)
            absent = sorted(self.required - cells.keys())
            if not trouble and unknown:
                trouble = f"of {self.title} has a key that is not known; the keys are {', '.join(sorted(self.columns))}"
            if not trouble and absent:
                trouble = f'of {self.title} lacks "{absent[0]}"'
            yield Row(f"line {item.start_mark.line + 1}", cells, headings, self.reading, trouble)


def sections(file: SourceFile, titles: frozenset[str]) -> Mapping[str, SequenceNode | None]:
    """The file's lists by their titles.

    Raises BadReplyError with the line when it is not YAML, and SettingsError when it has other sections or none, or
    one of them twice.
    """
    root = _composed(file)
    if not isinstance(root, MappingNode):
        raise SettingsError(f"{file.name} must hold one or more of the lists {', '.join(sorted(titles))}.")
    found: dict[str, SequenceNode | None] = {}
    for key, value in root.value:
        title, line = key.value, key.start_mark.line + 1
        if title not in titles:
            raise SettingsError(f"{file.name}: line {line} is not one of {', '.join(sorted(titles))}; correct it.")
        if title in found:
            raise SettingsError(f"{file.name}: line {line} begins {title} a second time; put both lists into one.")
        if isinstance(value, ScalarNode) and not _text(value):
            found[title] = None
        elif isinstance(value, SequenceNode):
            found[title] = value
        else:
            raise SettingsError(f"{file.name}: {title} at line {line} must be a list; begin each item with a dash.")
    return found


def _composed(file: SourceFile) -> Any:
    with reading(file.name), file.open() as handle:
        content = handle.read(MAXIMUM_BYTES + 1)
        if len(content) > MAXIMUM_BYTES:
            raise BadReplyError(f"{file.name} is larger than {MAXIMUM_BYTES // 10**6} MB; it is not a list by hand.")
        text = content.decode("utf-8-sig")
    try:
        return YAML(typ="safe", pure=True).compose(io.StringIO(text))
    except (YAMLError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
    raise BadReplyError(f"{file.name} is not readable as YAML from line {line}; correct the indentation or quotes.")


def _flatten(node: Any, prefix: str, cells: dict[str, str], depth: int = 0) -> str:
    """Fill `cells` from a mapping; returns what is wrong with it, or an empty text."""
    if not isinstance(node, MappingNode) or depth > 2:
        return "must hold keys and values"
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        if isinstance(value, MappingNode):
            trouble = _flatten(value, f"{name}_", cells, depth + 1)
            if trouble:
                return trouble
        elif name in cells:
            return "has the same key twice"
        elif isinstance(value, SequenceNode):
            cells[name] = "; ".join(_text(part) for part in value.value if isinstance(part, ScalarNode))
        else:
            cells[name] = _text(value)
    return ""


def _text(node: ScalarNode) -> str:
    return "" if node.tag == "tag:yaml.org,2002:null" else tidy(str(node.value))
