"""What the commands share: consoles, options, colours, and errors as messages."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from mot_nlp.errors import MotError

if TYPE_CHECKING:
    from collections.abc import Iterator

out = Console(soft_wrap=False)
err = Console(stderr=True)

COLOURS = {"negative": "red", "neutral": "yellow", "positive": "green"}
SIGNS = {"negative": "-", "neutral": "o", "positive": "+"}

Model = Annotated[
    str | None, typer.Option("--model", help="Model bundle folder; the shipped model if left out.")
]
Precision = Annotated[
    str | None,
    typer.Option("--precision", help="int8, bf16 or fp32, where the bundle holds it."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", help="Processor cores to use; all if left out.")
]


def comma_separated(value: str | None) -> list[str]:
    """``"a, b"`` as ``["a", "b"]``."""
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def warn(message: str) -> None:
    """A warning line on standard error; untrusted text in it is shown as it is."""
    err.print(Text(f"warning: {message}", style="yellow"))


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Show errors of mot-nlp as a line and exit with 1; leave quietly when a pipe closes."""
    logging.getLogger("mot_nlp").addHandler(logging.NullHandler())
    try:
        yield
    except MotError as error:
        err.print(Text(f"error: {error}", style="red"))
        sys.exit(1)
    except BrokenPipeError:
        # Point the descriptor elsewhere, or Python complains again while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("interrupted", style="red")
        sys.exit(130)
