"""The command line: the outermost layer. Each command is a few lines over a library function."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
