"""What a system is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from training.corpus import LabelledDocument


@dataclass(frozen=True, slots=True)
class Task:
    """Learn from some documents, label the segments of others.

    Attributes:
        rows: Documents to learn from.
        test: Documents to label; their own labels are not for the system to see.
        taxonomy: File with the labels.
        checkpoint: Fitted model to go on from.
        encoder: Pretrained encoder, folder or hub id, of systems that begin with one.
        seed: Of all that is random.
        scratch: Empty folder that is removed afterwards.
    """

    rows: tuple[LabelledDocument, ...]
    test: tuple[LabelledDocument, ...]
    taxonomy: Path
    checkpoint: Path
    encoder: str
    seed: int
    scratch: Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system makes of the test part.

    Attributes:
        labels: Label of every segment by head, each (segments,); heads that it cannot know are
            left out.
        seconds: Wall time of the fit, without the time to label the test part.
    """

    labels: dict[str, NDArray[np.str_]]
    seconds: float
