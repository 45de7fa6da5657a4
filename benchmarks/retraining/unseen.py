"""A checkpoint that has not seen some repositories, and says so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.retraining.sources import check_names
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.corpus import gather
from training.duplicates import near_duplicates
from training.fit import fit_splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.config import Config
    from training.corpus import LabelledDocument

RECORD = "held_out.json"
"""Beside the weights: which repositories they were fitted without."""

_FITTED = ("run.json", "manifest.json")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a checkpoint was fitted without.

    Attributes:
        documents: Documents left out, by repository.
        copies: Documents of other origins left out because they all but repeat one of those.
    """

    documents: dict[str, int]
    copies: int


def fit_without(
    config: Config, real: Path, names: Sequence[str], out: Path
) -> tuple[Path, LeftOut]:
    """Fit a model as ``training fit`` does, but without some repositories.

    An interrupted fit goes on from its last checkpoint.

    Args:
        config: What to fit and how.
        real: Labelled JSON Lines that join the corpus.
        names: ``owner/name`` of the repositories to leave out.
        out: Folder of the fit.

    Returns:
        The folder of the fitted model, and what it has not seen.

    Raises:
        InputError: The data cannot be read or hold nothing of a repository, or the configuration
            starts from a model that may have seen them.
    """
    _check_start(config)
    taxonomy = read_taxonomy(Path(config.model.taxonomy))
    files = [*map(Path, config.data.extra), real]
    splits = gather(Path(config.data.corpus), files, taxonomy)
    documents = [document for part in splits.values() for document in part]
    check_names(documents, names, real)
    kept, left_out = without(splits, names)
    folder = fit_splits(config, kept, out, extra=[path.name for path in files])
    record = {"repositories": left_out.documents, "copies": left_out.copies}
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return folder, left_out


def without(
    splits: dict[str, list[LabelledDocument]], names: Sequence[str]
) -> tuple[dict[str, list[LabelledDocument]], LeftOut]:
    """The splits without some repositories and without copies of their texts elsewhere."""
    documents = [document for part in splits.values() for document in part]
    held_out = [document for document in documents if document.origin in names]
    rest = [document for document in documents if document.origin not in names]
    copies = {pair.train for pair in near_duplicates(held_out, rest)}
    kept = {
        part: [d for d in members if d.origin not in names and d.id not in copies]
        for part, members in splits.items()
    }
    counts = {name: sum(d.origin == name for d in held_out) for name in names}
    return kept, LeftOut(counts, len(copies))


def check_unseen(checkpoint: Path, names: Sequence[str]) -> None:
    """Make sure that a checkpoint has not seen some repositories.

    Raises:
        InputError: It is not known to have been fitted without them.
    """
    advice = "make one with: python -m benchmarks.retrain checkpoint --hold-out " + " ".join(names)
    if not (checkpoint / "config.json").is_file():
        raise InputError(f"no fitted model in {checkpoint}; {advice}")
    path = checkpoint / RECORD
    if not path.is_file():
        raise InputError(
            f"{checkpoint} does not say what it was fitted without ({RECORD} is missing); {advice}"
        )
    unseen = json.loads(path.read_text(encoding="utf-8"))["repositories"]
    seen = [name for name in names if name not in unseen]
    if seen:
        raise InputError(
            f"{checkpoint} was fitted without {', '.join(unseen)}, but may have seen "
            f"{', '.join(seen)}; {advice}"
        )


def _check_start(config: Config) -> None:
    if config.distil.teachers:
        raise InputError(
            "the configuration names teachers, which may have seen what is to be held out; take one "
            "without, as training/configs/default.toml"
        )
    start = Path(config.model.encoder)
    if any((start / name).is_file() for name in _FITTED):
        raise InputError(
            f"the configuration starts from the fitted model in {start}, which may have seen what is "
            "to be held out; start from a pretrained encoder"
        )
