"""``python -m training push``: a bundle to the Hugging Face hub."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from mot_nlp.cli.console import plain, warn
from training.frontmatter import OTHER
from training.publish import push


def push_command(
    bundle: Annotated[str, typer.Argument(help="Bundle folder, or default or fast.")],
    repository: Annotated[
        str, typer.Argument(help="Repository on the hub: owner/name. It is made if need be.")
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Let nobody see it but you and who you let.")
    ] = False,
    revision: Annotated[
        str | None,
        typer.Option("--revision", help="Branch to push to; the main one if left out."),
    ] = None,
    message: Annotated[
        str | None,
        typer.Option("--message", help="Of the commit; the bundle's name and hash if left out."),
    ] = None,
) -> None:
    """Upload a bundle to a repository of the Hugging Face hub, from where hf://owner/name loads it."""
    pushed = push(bundle, repository, private=private, revision=revision, message=message)
    screen = Console()
    screen.print(plain(f"pushed {bundle} (sha256 {pushed.sha256[:12]})"), soft_wrap=True)
    screen.print(
        plain(f"load it: mot_nlp.load({pushed.address!r}), or --model {pushed.address}"),
        soft_wrap=True,
    )
    screen.print(plain(f"this very state of it: {pushed.pinned}"), soft_wrap=True)
    if pushed.licence == OTHER:
        warn("its card states no licence; name one with 'python -m training export --licence'")
