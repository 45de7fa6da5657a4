"""Fits on a part of the training data: what more of it, or of one kind of it, is worth.

    python -m benchmarks.shares runs/quarter --config training/configs/default.toml \
        --share 0.25 --only real --extra real.jsonl

Shares are nested: the documents of a quarter are among those of a half. Compare the fits with
`python -m benchmarks.experiments`, on the same validation documents for all.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.config import read_config
from training.corpus import gather, written
from training.fit import fit_splits

if TYPE_CHECKING:
    from training.corpus import LabelledDocument

KINDS = ("all", "real", "written", "witty", "plain")
WITTY = tuple(f"part-{number}" for number in range(11, 20))
"""Parts in a literary tone; the later ones are plain."""


def kind_of(document: LabelledDocument) -> str:
    """Real, or the tone it was written in."""
    if not written(document):
        return "real"
    return "witty" if document.origin in WITTY else "plain"


def portion(documents: list[LabelledDocument], share: float, only: str) -> list[LabelledDocument]:
    """The documents of one kind, then those of the lowest hashes among them.

    Args:
        documents: All training documents.
        share: Of the documents of that kind, over 0 to 1.
        only: One of ``KINDS``; written is witty and plain.

    Raises:
        InputError: No such kind, or nothing is left.
    """
    if only not in KINDS:
        raise InputError(f"{only!r} is no kind of document; choose from {', '.join(KINDS)}")
    kinds = {"all": ("real", "witty", "plain"), "written": ("witty", "plain")}.get(only, (only,))
    chosen = [d for d in documents if kind_of(d) in kinds and _place(d) < share]
    if not chosen:
        raise InputError(f"a share of {share} of {only} leaves no document")
    return chosen


def _place(document: LabelledDocument) -> float:
    """Where a document stands between 0 and 1, by its id alone."""
    digest = hashlib.sha256(f"share {document.id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def run(
    out: Annotated[Path, typer.Argument(help="Folder of the fit.")],
    config: Annotated[Path, typer.Option(help="How to fit.")],
    extra: Annotated[list[Path] | None, typer.Option(help="Labelled JSON Lines.")] = None,
    share: Annotated[float, typer.Option(help="Share of the documents, 0 to 1.")] = 1.0,
    only: Annotated[str, typer.Option(help=", ".join(KINDS))] = "all",
) -> None:
    """Fit on a part of the training documents; the validation part stays whole."""
    settings = read_config(config)
    taxonomy = read_taxonomy(Path(settings.model.taxonomy))
    files = [*map(Path, settings.data.extra), *(extra or [])]
    splits = gather(Path(settings.data.corpus), files, taxonomy)
    splits["train"] = portion(splits["train"], share, only)
    typer.echo(f"{len(splits['train']):,} documents to learn from")
    fit_splits(settings, splits, out, extra=[path.name for path in files])


if __name__ == "__main__":
    typer.run(run)
