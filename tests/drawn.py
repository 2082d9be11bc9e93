"""Pages drawn once: what the printing program made of an input is kept, and given back for the same input.

Drawing takes most of a packet's seconds and is no step: nothing outside of the process changes meanwhile. A run that is
killed for the hundredth time, or one test of the mail after the other, would draw the same pages again and again; input
that is new is drawn in earnest.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typst

_Compiler = typst.Compiler


def keep_drawings(folder: Path) -> None:
    """From now on this process and its children find each other's drawings in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    typst.Compiler = lambda *args, **settings: _Kept(folder, args, settings)  # type: ignore[assignment,misc]


@contextmanager
def drawings_kept(folder: Path) -> Iterator[None]:
    """The same for as long as the context is open."""
    keep_drawings(folder)
    try:
        yield
    finally:
        typst.Compiler = _Compiler  # type: ignore[misc]


class _Kept:
    def __init__(self, folder: Path, args: tuple[Any, ...], settings: Mapping[str, Any]) -> None:
        self._folder = folder
        self._compiler: Callable[[], typst.Compiler] = lambda: _Compiler(*args, **settings)
        # Fonts have no content to compare; they are the same ones within one checkout.
        self._input = (args, sorted((key, value) for key, value in settings.items() if key != "font_paths"))

    def query(self, *args: Any, **wish: Any) -> Any:
        return self._made("query", args, wish)

    def compile(self, *args: Any, **wish: Any) -> Any:
        return self._made("compile", args, wish)

    def _made(self, what: str, args: tuple[Any, ...], wish: Mapping[str, Any]) -> Any:
        asked = repr((self._input, what, args, sorted(wish.items())))
        path = self._folder / hashlib.sha256(asked.encode()).hexdigest()
        if path.exists():
            return pickle.loads(path.read_bytes())
        made = getattr(self._compiler(), what)(*args, **wish)
        part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        part.write_bytes(pickle.dumps(made))
        part.rename(path)
        return made
