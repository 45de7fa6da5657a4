"""The parity gate: an exported graph must say what the fitted model says."""

from __future__ import annotations

import logging
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.decoding import Decoder
from mot_nlp.errors import MotError
from training.evaluate import as_documents, chosen_arrays, gold_arrays, score_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mot_nlp.tagger import MomentTagger
    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)

Labels = dict[str, "NDArray[np.str_]"]

LEAST_AGREEMENT = 0.98
MOST_F1_LOSS = 0.005
TIMING_ROUNDS = 3
TIMING_DOCUMENTS = 200


class ParityError(MotError):
    """No exported graph agrees with the fitted model."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How an exported graph compares with single-precision torch on the validation split.

    Attributes:
        candidate: Name of the graph.
        agreement: Share of segments with the same decoded label, by head.
        f1_loss: Macro-F1 lost, by head (negative: gained).
        documents_per_second: Median throughput on this machine, end to end.
        segments: Segments compared.
    """

    candidate: str
    agreement: dict[str, float]
    f1_loss: dict[str, float]
    documents_per_second: float
    segments: int

    @property
    def passes(self) -> bool:
        """Whether every head is within the gate.

        On a small validation split a single changed label can move macro-F1 by more than the gate
        allows; one label is no evidence of a loss.
        """
        return all(
            share >= LEAST_AGREEMENT
            and (self.f1_loss[head] <= MOST_F1_LOSS or (1 - share) * self.segments < 1.5)
            for head, share in self.agreement.items()
        )


def choose(
    candidates: dict[str, MomentTagger],
    validation: Sequence[LabelledDocument],
    reference: NDArray[np.float32],
) -> tuple[str, list[Parity]]:
    """The fastest candidate within the gate, and how all of them compare.

    Args:
        candidates: Taggers of the graphs, by name.
        validation: Labelled documents that the model was not fitted on.
        reference: Raw scores of their segments by single-precision torch, (segments, width).

    Raises:
        ParityError: None passes; the message holds the figures.
    """
    taxonomy = next(iter(candidates.values())).taxonomy
    gold = gold_arrays(validation, taxonomy)
    decoder = Decoder(taxonomy, {})
    wanted = chosen_arrays(reference, decoder)
    speed = _throughput(candidates, validation)
    table = []
    for name, tagger in candidates.items():
        scores = tagger.scores(as_documents(validation), segments=[d.segments for d in validation])
        found = chosen_arrays(scores, decoder)
        table.append(_parity(name, gold, wanted, found, speed[name]))
        logger.info("%s: %s", "passes" if table[-1].passes else "fails", table[-1])
    passing = [parity for parity in table if parity.passes]
    if not passing:
        raise ParityError(f"no graph agrees with torch on {LEAST_AGREEMENT:.0%}: {table}")
    return max(passing, key=lambda parity: parity.documents_per_second).candidate, table


def _parity(
    name: str, gold: Labels, wanted: Labels, found: Labels, documents_per_second: float
) -> Parity:
    before, after = score_labels(gold, wanted), score_labels(gold, found)
    return Parity(
        candidate=name,
        agreement={head: round(float((found[head] == wanted[head]).mean()), 4) for head in gold},
        f1_loss={
            head: round(before[head]["macro_f1"] - after[head]["macro_f1"], 4) for head in gold
        },
        documents_per_second=documents_per_second,
        segments=len(gold["stage"]),
    )


def _throughput(
    candidates: dict[str, MomentTagger], documents: Sequence[LabelledDocument]
) -> dict[str, float]:
    """Median documents per second of each, taking turns so that noise falls on all alike."""
    sample = as_documents(documents[:: max(1, len(documents) // TIMING_DOCUMENTS)])
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(TIMING_ROUNDS):
        for name, tagger in candidates.items():
            start = time.perf_counter()
            for _ in tagger.stream(sample):
                pass
            times[name].append(time.perf_counter() - start)
    return {name: round(len(sample) / statistics.median(took), 1) for name, took in times.items()}
