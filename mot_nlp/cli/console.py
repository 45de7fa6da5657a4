"""What the commands share: consoles, options, colours, and errors as messages."""

from __future__ import annotations

import logging
import re
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

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

MOODS = {-1: ("-", "red"), 0: ("o", "yellow"), 1: ("+", "green")}
"""Sign and colour of negative, neutral and positive sentiments."""

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Model: default, fast, a bundle folder, or hf://owner/name. The default one if left out.",
    ),
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


def plain(text: str, style: str = "") -> Text:
    """Untrusted text as it is: neither Rich's markup nor a terminal's escape codes act."""
    return Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), style=style)


def warn(message: str) -> None:
    """A warning line on standard error."""
    err.print(plain(f"warning: {message}", "yellow"), soft_wrap=not err.is_terminal)


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Show errors of mot-nlp as a line and exit with 1."""
    logging.getLogger("mot_nlp").addHandler(logging.NullHandler())
    try:
        yield
    except MotError as error:
        err.print(plain(f"error: {error}", "red"), soft_wrap=not err.is_terminal)
        sys.exit(1)
