"""Lists of the district folder that live in a CSV file: `services: {file: services.csv}`.

Columns are fields; a dot reaches into a nested one (`probe.url`). Empty cells are not given. A cell of a field that
is a list is split at semicolons. Lines count from 1, the header's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firstbell.config._document import Document, line_that_is_no_text
from firstbell.config._shape import Model, fields_of, item_of, model_of, values_of, walk
from firstbell.config.faults import Fault


def graft_tables(document: Document, model: Model, folder: Path) -> list[Fault]:
    """Put the rows of every CSV file that the document points at in that place; return what is wrong with them."""
    faults: list[Fault] = []
    pointers = [
        (place, item_of(annotation), value["file"])
        for place, annotation, value in walk(model, document.data)
        if isinstance(value, dict) and set(value) == {"file"} and model_of(item_of(annotation))
    ]
    for place, item, file in pointers:
        rows: dict[int, dict[str, Any]] = {}
        if not isinstance(file, str) or not (folder / file).is_file():
            faults.append(document.fault((*place, "file"), "names no file of the district folder; mend the name."))
        else:
            for line, cells in _records(folder, file, faults):
                rows[line] = as_lists(item, _nested(cells))
        document.put(place, list(rows.values()))
        document.graft(place, str(file), tuple(rows))
    return faults


def as_lists(annotation: Any, value: Any) -> Any:
    """The value of a table's row with every text split where the annotation wants a list."""
    if isinstance(value, dict):
        model = model_of(annotation)
        known = fields_of(model) if model else {}
        return {
            key: as_lists(known[key].annotation if key in known else values_of(annotation), inner)
            for key, inner in value.items()
        }
    if isinstance(value, str) and item_of(annotation) is not None:
        return [part.strip() for part in value.split(";") if part.strip()]
    return value


def _records(folder: Path, file: str, faults: list[Fault]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's first line and its filled cells by column; what is wrong goes to `faults`."""
    line = 1
    try:
        with (folder / file).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if len(set(header)) < len(header) or not all(header):
                faults.append(Fault(file, 1, "", "the header has an empty or repeated column; name each one once."))
                return
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) > len(header):
                    faults.append(Fault(file, line, "", "has more cells than the header; quote cells with commas."))
                elif any(cell.strip() for cell in cells):
                    yield line, {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
                line = reader.line_num + 1
    except UnicodeDecodeError:
        line = line_that_is_no_text(folder / file)
        faults.append(Fault(file, line, "", 'is not UTF-8 text from here on; save it as "CSV UTF-8".'))
    except csv.Error:
        faults.append(Fault(file, line, "", "is no readable CSV from here on; look for a quote that never closes."))
    except OSError as error:
        faults.append(Fault(file, 0, "", f"cannot be read ({error.strerror}); check its permissions."))


def _nested(cells: dict[str, str]) -> dict[str, Any]:
    """{"probe.url": u} as {"probe": {"url": u}}."""
    content: dict[str, Any] = {}
    for column, cell in cells.items():
        *outer, last = column.split(".")
        inner = content
        for step in outer:
            deeper = inner.setdefault(step, {})
            inner = deeper if isinstance(deeper, dict) else inner
        inner[last] = cell
    return content
