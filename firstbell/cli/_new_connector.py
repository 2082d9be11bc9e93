"""The two files that a new kind of source begins with. Its contract tests fail until they are filled in."""

from __future__ import annotations

import re
from keyword import iskeyword
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.errors import FirstbellError

ROOT = Path(__file__).resolve().parents[2]


def write_connector(kind: str, title: str, root: Path = ROOT) -> tuple[Path, Path]:
    """Write connectors/KIND.py and tests/contract/KIND/case.py under `root`.

    Raises FirstbellError for a name that is no module's name, and where one of the files is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", kind) or iskeyword(kind):
        raise FirstbellError("a kind is a module's name: lower case letters, digits and underscores, as in ticket_csv.")
    module, case = root / "connectors" / f"{kind}.py", root / "tests" / "contract" / kind / "case.py"
    for path in (module, case):
        if path.exists():
            raise FirstbellError(f"{path.relative_to(root)} is there already; choose another kind or edit it.")
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates" / "connector"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  Python, not HTML
    )
    names = {"kind": kind, "title": _plain(title or kind.replace("_", " ")), "class_name": _class_name(kind)}
    for path, template in ((module, "connector.py.j2"), (case, "case.py.j2")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(environment.get_template(template).render(names), encoding="utf-8")
    return module, case


def _class_name(kind: str) -> str:
    return "".join(part.capitalize() for part in kind.split("_"))


def _plain(title: str) -> str:
    """A title that can stand in a Python string."""
    return re.sub(r'["\\\n]', "", title).strip()
