import io
import json
import logging
import re
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from training.progress import MetricsFile, ProgressLine

CONTROL: Any = None
ARGUMENTS: Any = SimpleNamespace(num_train_epochs=3)


def state(step, log=()) -> Any:
    return SimpleNamespace(global_step=step, max_steps=30, epoch=step / 10, log_history=list(log))


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def shown(*, terminal):
    """A fit of a step and an evaluation, as it is shown."""
    screen = io.StringIO()
    line = ProgressLine(Console(file=screen, force_terminal=terminal, width=120))
    line.on_train_begin(ARGUMENTS, state(4), CONTROL)
    line.on_log(ARGUMENTS, state(9), CONTROL, logs={"loss": 0.51234, "learning_rate": 1e-4})
    line.on_step_end(ARGUMENTS, state(10), CONTROL)
    line.on_log(ARGUMENTS, state(10), CONTROL, logs={"eval_mean": 0.7219})
    line.on_train_end(ARGUMENTS, state(10), CONTROL)
    return screen.getvalue()


def test_a_terminal_shows_step_loss_time_and_memory():
    text = shown(terminal=True)
    for part in ("step 10 of 30", "loss 0.512", "time left", "MB at most"):
        assert part in text
    assert "epoch 1 of 3, loss 0.512, validation mean macro-F1 0.722" in plain(text)


def test_elsewhere_it_is_a_log_line_an_epoch(caplog):
    with caplog.at_level(logging.INFO, logger="training.progress"):
        assert shown(terminal=False) == ""
    [line] = caplog.messages
    assert line.startswith("epoch 1 of 3, loss 0.512, validation mean macro-F1 0.722, ")
    assert "left" in line


def test_closing_twice_is_no_harm():
    line = ProgressLine(Console(file=io.StringIO(), force_terminal=True))
    line.on_train_begin(ARGUMENTS, state(0), CONTROL)
    line.close()
    line.close()


def test_metrics_after_a_restart_hold_every_entry_once(tmp_path):
    first, second = {"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0}
    file = MetricsFile(tmp_path)
    file.on_train_begin(ARGUMENTS, state(0), CONTROL)
    for log in ([first], [first, second]):
        file.on_log(ARGUMENTS, state(1, log), CONTROL)
    # Killed and begun again: the second entry is to come once more.
    file.on_train_begin(ARGUMENTS, state(1, [first]), CONTROL)
    file.on_log(ARGUMENTS, state(2, [first, second]), CONTROL)
    lines = [json.loads(line) for line in file.path.read_text().splitlines()]
    assert [line["loss"] for line in lines] == [2.0, 1.0]
    assert lines[1]["memory_mb"] > 0
