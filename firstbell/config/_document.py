"""One YAML file as plain data that still knows on which line each value stands.

Values are kept as they were written: dates and times stay text until a model reads them, so that `08:00` is never a
number and a tag never makes an object.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from firstbell.config.faults import ConfigError, Fault

Place = tuple[str | int, ...]
"""The way to a value from the top of its file: keys and list positions."""

_TAG = "tag:yaml.org,2002:"
_DEEPEST = 30


class Document:
    """A parsed file: `data` is its plain content, `locate` says where a place of it stands.

    Lists that were read from a CSV file are `graft`ed in, and answer with that file's lines.
    """

    def __init__(self, file: str, root: Node | None) -> None:
        self.file = file
        self._root = root
        self._grafts: dict[Place, tuple[str, tuple[int, ...]]] = {}
        self.faults = list(_duplicates(file, root, ())) if root else []
        self.data: Any = _plain(root) if root else {}

    def at(self, place: Place) -> Any:
        """What stands at a place; None where nothing does."""
        value = self.data
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def put(self, place: Place, value: Any) -> None:
        """Replace what stands at a place, which must not be the top."""
        self.at(place[:-1])[place[-1]] = value

    def from_table(self, place: Place) -> bool:
        """True when the place stands in a CSV file."""
        return any(place[: len(root)] == root and len(place) > len(root) for root in self._grafts)

    def graft(self, place: Place, file: str, lines: tuple[int, ...]) -> None:
        """Say that the list at `place` came from the rows of a CSV file, which start on these lines."""
        self._grafts[place] = (file, lines)

    def locate(self, place: Place) -> tuple[str, int, str]:
        """File, line and field of a place; for a place that is not written, those of what it is missing from."""
        for root, (file, lines) in self._grafts.items():
            if place[: len(root)] == root and len(place) > len(root):
                row = place[len(root)]
                return file, lines[int(row)], _dotted(place[len(root) + 1 :])
        return self.file, self._line(place), _dotted(place)

    def fault(self, place: Place, sentence: str) -> Fault:
        """A fault at a place of this file."""
        return Fault(*self.locate(place), sentence)

    def _line(self, place: Place) -> int:
        node, line = self._root, 1
        for step in place:
            entry = _entry(node, step)
            if entry is None:
                break
            line, node = entry
        return line


def read_document(folder: Path, file: str) -> Document:
    """Parse one YAML file of the folder. Raises ConfigError where it is not YAML, or holds something but a mapping."""
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = line_that_is_no_text(folder / file)
        raise ConfigError([Fault(file, line, "", "is not UTF-8 text from here on; save it as UTF-8.")]) from error
    except OSError as error:
        sentence = f"cannot be read ({error.strerror}); check its permissions."
        raise ConfigError([Fault(file, 0, "", sentence)]) from error
    return parse_document(text, file)


def line_that_is_no_text(path: Path) -> int:
    """The first line, from 1, that holds something but UTF-8; 0 where all is."""
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return 0


def parse_document(text: str, file: str) -> Document:
    """Parse YAML text that is called `file` in faults. Raises ConfigError like `read_document`."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError([Fault(file, mark.line + 1 if mark else 0, "", _syntax(error))]) from None
    except YAMLError as error:
        sentence = "holds a character or a second document that YAML does not allow here; keep one document of text."
        raise ConfigError([Fault(file, 0, "", sentence)]) from error
    except RecursionError as error:
        raise ConfigError([Fault(file, 0, "", "is nested too deeply; write it flatter.")]) from error
    if root is not None and not isinstance(root, MappingNode):
        if isinstance(root, ScalarNode) and root.tag == f"{_TAG}null":
            return Document(file, None)
        raise ConfigError([Fault(file, 1, "", "must hold keys with values, for example name: Lakeside Schools.")])
    return Document(file, root)


def _syntax(error: MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "\\t" in problem:
        return "a tab stands where only spaces may; indent with two spaces."
    if "mapping values are not allowed" in problem:
        return "a colon stands where YAML does not expect one; put the text in quotes or mend the indentation."
    if "stream end" in problem or "end of stream" in problem:
        return "a quote, bracket or brace is opened and never closed; close it."
    if "alias" in problem:
        return "an alias names an anchor that this file does not define; define it above."
    return "this is not valid YAML; check indentation, colons and quotes here and on the line before."


def _plain(node: Node, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return None
    if isinstance(node, MappingNode):
        content: dict[str, Any] = {}
        for base in (value for key, value in node.value if key.tag == f"{_TAG}merge"):
            content |= _plain(base, depth + 1) if isinstance(base, MappingNode) else {}
        return content | {str(key.value): _plain(value, depth + 1) for key, value in _pairs(node)}
    if isinstance(node, SequenceNode):
        return [_plain(item, depth + 1) for item in node.value]
    return _scalar(node)


def _scalar(node: Node) -> Any:
    text = node.value
    match str(node.tag).removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text, 0 if text.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else 10)
        case "float":
            return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
        case _:
            return text


def _pairs(node: MappingNode) -> Iterator[tuple[Node, Node]]:
    return ((key, value) for key, value in node.value if key.tag != f"{_TAG}merge")


def _entry(node: Node | None, step: str | int) -> tuple[int, Node] | None:
    """The line and the node of one step down, or None where nothing stands there."""
    if isinstance(node, MappingNode):
        return next(((key.start_mark.line + 1, value) for key, value in _pairs(node) if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None


def _duplicates(file: str, node: Node, place: Place) -> Iterator[Fault]:
    """Keys that stand twice in one mapping: YAML readers silently keep one of the two."""
    if len(place) > _DEEPEST:
        yield Fault(file, node.start_mark.line + 1, "", "is nested too deeply; write it flatter.")
    elif isinstance(node, MappingNode):
        lines: dict[str, int] = {}
        for key, value in _pairs(node):
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                yield Fault(file, line, _dotted(place), "a key must be plain text; write one word.")
                continue
            here = (*place, key.value)
            if key.value in lines:
                yield Fault(file, line, _dotted(here), f"stands twice, first on line {lines[key.value]}; keep one.")
            lines.setdefault(key.value, line)
            yield from _duplicates(file, value, here)
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(file, item, (*place, index))


def _dotted(place: Place) -> str:
    return ".".join(map(str, place))
