"""What teachers say of the training documents, for a student to learn from beside the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.checkpoint import load_fitted
from training.evaluate import torch_scores

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
    ends = np.cumsum([len(d.segments) for d in documents])
    return np.split(total, ends[:-1])
