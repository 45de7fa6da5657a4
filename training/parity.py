"""The parity gate: an exported graph must say what the fitted model says."""

from __future__ import annotations

import logging
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scipy.stats import binom, binomtest

from mot_nlp.decoding import Decoder
from mot_nlp.errors import MotError
from training.evaluate import as_documents, chosen_arrays, gold_arrays, score_labels

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mot_nlp.tagger import MomentTagger
    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)

LEAST_AGREEMENT = 0.98
MOST_F1_LOSS = 0.005
LEVEL = 0.05
"""What is likelier than this by chance shuts no gate: a small validation part can show little."""

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
        f1_loss: Macro-F1 lost, by head (negative: gained); 0 where there are no labels to tell.
        documents_per_second: Median throughput on this machine, end to end.
        segments: Segments compared.
        chance: How likely labels go wrong so much more often than right if the graph is as good as torch
            (McNemar's exact test), by head; not known of bundles made before this was asked.
    """

    candidate: str
    agreement: dict[str, float]
    f1_loss: dict[str, float]
    documents_per_second: float
    segments: int
    chance: dict[str, float] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether every head is within the gate, or beyond it by no more than chance would have it."""
        return all(self._agrees(head) and self._keeps(head) for head in self.agreement)

    def _agrees(self, head: str) -> bool:
        changed = round((1 - self.agreement[head]) * self.segments)
        return bool(changed <= binom.ppf(1 - LEVEL, self.segments, 1 - LEAST_AGREEMENT))

    def _keeps(self, head: str) -> bool:
        return self.f1_loss[head] <= MOST_F1_LOSS or self.chance.get(head, 0.0) > LEVEL


def choose(
    candidates: dict[str, MomentTagger],
    validation: Sequence[LabelledDocument],
    reference: NDArray[np.float32],
    *,
    heads: Collection[str] | None = None,
) -> tuple[str, list[Parity]]:
    """The fastest candidate within the gate, and how all of them compare.

    Args:
        candidates: Taggers of the graphs, by name.
        validation: Labelled documents that the model was not fitted on.
        reference: Raw scores of their segments by single-precision torch, (segments, width).
        heads: Heads to compare; all if None.

    Raises:
        ParityError: None passes; the message holds the figures.
    """
    taxonomy = next(iter(candidates.values())).taxonomy
    decoder, none = Decoder(taxonomy, {}), taxonomy.heads["moment"].none
    compared = [head for head in taxonomy.heads if heads is None or head in heads]
    gold, wanted = gold_arrays(validation, taxonomy), chosen_arrays(reference, decoder)
    before = score_labels(gold, wanted, none=none)
    speed = _throughput(candidates, validation)
    table = []
    for name, tagger in candidates.items():
        scores = tagger.scores(as_documents(validation), segments=[d.segments for d in validation])
        found = chosen_arrays(scores, decoder)
        after = score_labels(gold, found, none=none)
        table.append(
            Parity(
                candidate=name,
                agreement={head: _share(found[head] == wanted[head]) for head in compared},
                f1_loss={head: _lost(before, after, head) for head in compared},
                documents_per_second=speed[name],
                segments=len(reference),
                chance={head: _chance(gold[head], wanted[head], found[head]) for head in compared},
            )
        )
        logger.debug("%s: %s", "passes" if table[-1].passes else "fails", table[-1])
    passing = [parity for parity in table if parity.passes]
    if not passing:
        raise ParityError(f"no graph agrees with torch on {LEAST_AGREEMENT:.0%}: {table}")
    return max(passing, key=lambda parity: parity.documents_per_second).candidate, table


def _share(same: NDArray[np.bool_]) -> float:
    return round(float(same.mean()), 4)


def _lost(before: dict[str, Any], after: dict[str, Any], head: str) -> float:
    """Macro-F1 that a head loses; none where it has no labels to be scored by."""
    if head not in before:
        return 0.0
    lost: float = round(before[head]["macro_f1"] - after[head]["macro_f1"], 4)
    return lost


def _chance(gold: NDArray[np.str_], before: NDArray[np.str_], after: NDArray[np.str_]) -> float:
    """P-value of McNemar's exact test, two-sided; segments without a gold label are left out."""
    given = gold != ""
    broken = int((given & (before == gold) & (after != gold)).sum())
    mended = int((given & (before != gold) & (after == gold)).sum())
    if not broken + mended:
        return 1.0
    return round(float(binomtest(broken, broken + mended).pvalue), 4)


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
