"""What teachers say of the training documents, for a student to learn from beside the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.checkpoint import load_fitted
from training.evaluate import torch_scores
from training.model import carried_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument


def teacher_scores(
    teachers: Sequence[Path], documents: Sequence[LabelledDocument], taxonomy: Taxonomy
) -> list[NDArray[np.float32]]:
    """Mean scores of fitted models for the segments of every document, each (segments, width).

    Args:
        teachers: Folders of fitted models with the labels of ``taxonomy``.
        documents: Documents to score.
        taxonomy: Labels of the student.

    Raises:
        InputError: A teacher has other labels, or is no fitted model.
    """
    total = np.zeros((sum(len(d.segments) for d in documents), taxonomy.width), np.float32)
    for folder in teachers:
        model = load_fitted(folder)
        if read_taxonomy(folder / "taxonomy.toml").outputs != taxonomy.outputs:
            raise InputError(f"the teacher in {folder} has other labels than this fit")
        encoder = WindowEncoder.from_file(folder / "tokenizer.json", window=model.config.window)
        total += torch_scores(model, encoder, documents) / len(teachers)
    return _by_document(total, documents)


def start_scores(
    start: Path, documents: Sequence[LabelledDocument], taxonomy: Taxonomy
) -> list[NDArray[np.float32]] | None:
    """Scores of the model that a fit starts from for the segments of every document.

    Args:
        start: Folder of a fitted model, or of an encoder, which has nothing to say.
        documents: Documents to score.
        taxonomy: Labels of the model to be.

    Returns:
        A table a document, (segments, width), NaN for heads that the start does not have with the same
        labels; None where it has none of them.
    """
    rows = carried_rows(start, taxonomy)
    places = [range(part.start, part.stop) for part in taxonomy.slices().values()]
    known = [row for place in places if set(place) <= rows.keys() for row in place]
    if not known:
        return None
    model = load_fitted(start)
    encoder = WindowEncoder.from_file(start / "tokenizer.json", window=model.config.window)
    found = torch_scores(model, encoder, documents)
    total = np.full((len(found), taxonomy.width), np.nan, np.float32)
    total[:, known] = found[:, [rows[row] for row in known]]
    return _by_document(total, documents)


def _by_document(
    scores: NDArray[np.float32], documents: Sequence[LabelledDocument]
) -> list[NDArray[np.float32]]:
    ends = np.cumsum([len(d.segments) for d in documents])
    return np.split(scores, ends[:-1])
