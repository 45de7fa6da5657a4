"""How far a fit is: a line in a terminal, a log line an epoch elsewhere, figures in a file."""

# ruff: noqa: ARG002 - the signature of callbacks

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback

from training.manifest import peak_memory

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import TrainerControl, TrainerState, TrainingArguments

logger = logging.getLogger(__name__)

METRICS = "metrics.jsonl"
MEAN = "eval_mean"
"""What the Trainer calls the mean macro-F1 on validation."""


class ProgressLine(TrainerCallback):
    """Shows step, loss, time left and memory; quiet but for a log line an epoch off a terminal.

    Args:
        console: Where to show it; standard error if None.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stderr)
        self.loss = ""
        self.began, self.first_step = 0.0, 0
        self.bar: Progress | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Begin the line at the step where the fit begins or goes on."""
        self.began, self.first_step = time.monotonic(), state.global_step
        if self.console.is_terminal:
            self.bar = Progress(
                TextColumn("step {task.completed:,} of {task.total:,}"),
                BarColumn(),
                TextColumn("{task.fields[loss]}"),
                TextColumn("time left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[memory]}"),
                console=self.console,
            )
            task = self.bar.add_task("fit", total=state.max_steps, loss="", memory="")
            self.bar.update(task, completed=state.global_step)
            self.bar.start()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Move the line on."""
        if self.bar is not None:
            task = self.bar.task_ids[0]
            self.bar.update(task, completed=state.global_step, loss=self.loss, memory=_memory())

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: object,
    ) -> None:
        """Note the loss; tell of an evaluation."""
        logs = logs or {}
        if "loss" in logs:
            self.loss = f"loss {float(logs['loss']):.3f}"
        if MEAN in logs:
            parts = (
                f"epoch {state.epoch or 0:.3g} of {args.num_train_epochs:g}",
                self.loss,
                f"validation mean macro-F1 {logs[MEAN]:.3f}",
                *([] if self.bar else [self._left(state), _memory()]),
            )
            told = ", ".join(filter(None, parts))
            if self.bar is not None:
                self.bar.console.print(told)
            else:
                logger.info("%s", told)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """End the line."""
        self.close()

    def close(self) -> None:
        """End the line, also after an error."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def _left(self, state: TrainerState) -> str:
        done = state.global_step - self.first_step
        if not done:
            return ""
        seconds = (time.monotonic() - self.began) / done * (state.max_steps - state.global_step)
        return f"at most {seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"


class MetricsFile(TrainerCallback):
    """Keeps what the Trainer logs in ``metrics.jsonl``, a line an entry.

    Args:
        folder: Folder of the fit.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / METRICS

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Write anew what the fit knows so far: lines after its checkpoint will come again."""
        with self.path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in state.log_history)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Add the newest entry."""
        if state.log_history:
            entry = state.log_history[-1] | {"memory_mb": peak_memory()}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")


def _memory() -> str:
    peak = peak_memory()
    return f"{peak:,} MB at most" if peak else ""
