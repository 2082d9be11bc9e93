"""The installation's seal: a secret that makes the Message-IDs of our letters impossible to guess.

An answer is believed because it names a letter that its sender got. Were the name made of the letter's key alone,
everybody who knows a team's meetings could make it too.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from firstbell.files import FileError, write_new

NAME = "letters.seal"


def seal_of(state: Path) -> str:
    """The seal that lies in the state folder, made when it is first asked for. Raises FileError.

    A lost one is made anew: letters in the outbox keep their Message-IDs, only later ones are sealed otherwise.
    """
    path = state / NAME
    if not path.exists():
        write_new(path, secrets.token_hex(32).encode())
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise FileError(f"{path} cannot be read; check its owner, or remove it so that it is made anew.") from None
