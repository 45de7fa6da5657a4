"""A Trainer whose result does not depend on whether it was interrupted.

Batch order is a function of seed and epoch, dropout of seed and step. Left to the global random
state, both would shift by whatever an evaluation or a restart happened to draw in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import Trainer, TrainerCallback
from transformers.trainer_pt_utils import LengthGroupedSampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import TrainerControl, TrainerState, TrainingArguments

_STRIDE = 1_000_003
"""A prime, so that seeds of neighbouring fits do not run into each other's steps."""


class EpochSampler(LengthGroupedSampler):
    """Batches of about equal length, in an order that the seed and the epoch decide."""

    def __init__(self, batch_size: int, lengths: list[int], seed: int) -> None:
        super().__init__(batch_size, lengths=lengths, generator=torch.Generator())
        self.seed, self.epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer before every epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        self.generator.manual_seed(self.seed * _STRIDE + self.epoch)
        return super().__iter__()


class StepSeed(TrainerCallback):
    """Seeds dropout anew before every step."""

    def on_step_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002 - the signature of callbacks
        **_: Any,  # noqa: ANN401 - the signature of callbacks
    ) -> None:
        """Seed by the fit's seed and the number of steps taken."""
        torch.manual_seed(args.seed * _STRIDE + state.global_step)


class RepeatableTrainer(Trainer):
    """A Trainer with an :class:`EpochSampler` over the column ``length``."""

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochSampler:  # noqa: ANN401
        dataset: Any = train_dataset if train_dataset is not None else self.train_dataset
        return EpochSampler(
            self.args.train_batch_size, list(dataset["length"]), int(self.args.data_seed or 0)
        )
