"""A first district folder, written from seven answers: commented, valid, and able to run the same night."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.config.answers import AnswerError, Answers
from firstbell.config.loaded import District
from firstbell.config.loading import FILES
from firstbell.config.schema import FOLDER, modeline

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "district"


def write_start(
    folder: Path,
    answers: Answers,
    *,
    today: date,
    load: Callable[[Path], District],
    schemas: Mapping[str, str],
) -> District:
    """Write the folder, all of it or nothing, and return it as loaded.

    `load` reads a district folder with the connectors' settings; `schemas` holds the JSON Schemas by file name.
    Raises AnswerError when the folder is there already or cannot be written, ConfigError when an answer does not pass
    the checks.
    """
    refuse_existing(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise AnswerError(f"{folder} cannot be written ({error.strerror}); check its owner and the disk.") from error
    try:
        _fill(draft, answers, today, schemas)
        load(draft)
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError as error:
        raise AnswerError(f"{folder} cannot be written ({error.strerror}); check its owner and the disk.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return load(folder)


def refuse_existing(folder: Path) -> None:
    """Raise AnswerError when something is there already: a district folder is never written over."""
    if folder.exists():
        raise AnswerError(f"{folder} is there already and stays as it is; name another folder with --district.")


def _fill(folder: Path, answers: Answers, today: date, schemas: Mapping[str, str]) -> None:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  YAML, not HTML; every free text goes through `quoted`
    )
    environment.filters |= {"quoted": _quoted, "flow": _flow}
    environment.globals["modeline"] = modeline
    installer = next((r for r in answers.readers if "it_lead" in r.roles), answers.readers[0])
    content: dict[str, Any] = {name: getattr(answers, name) for name in answers.__dataclass_fields__}
    for file in FILES:
        text = environment.get_template(f"{file}.j2").render(
            content, today=today, years=_school_years(today), installer=installer
        )
        (folder / file).write_text(text, encoding="utf-8")
    (folder / FOLDER).mkdir()
    for name, text in schemas.items():
        (folder / FOLDER / name).write_text(text, encoding="utf-8")


def _quoted(text: object) -> str:
    """Any text as a YAML scalar in double quotes."""
    return json.dumps(str(text), ensure_ascii=False)


def _flow(mapping: Mapping[str, object]) -> str:
    """A mapping on one line."""
    pairs = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in mapping.items())
    return f"{{{', '.join(pairs)}}}"


def _school_years(today: date) -> list[dict[str, str]]:
    """The last school year and this one, with days that are usual and have to be mended."""
    this = today.year if today.month >= 7 else today.year - 1
    return [
        {"name": f"{year}-{(year + 1) % 100:02}", "first_day": f"{year}-08-15", "last_day": f"{year + 1}-05-31"}
        for year in (this - 1, this)
    ]
