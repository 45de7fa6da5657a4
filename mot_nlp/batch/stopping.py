"""Being asked to stop: the shards that are being tagged are finished, no other is begun."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """Raised out of reading when a stop is asked for meanwhile; what was read is read again."""


class Stop:
    """Whether a run has been asked to stop.

    As a context manager in the main thread it listens to SIGTERM and Ctrl-C; a second Ctrl-C stops
    at once.

    Attributes:
        signal: The signal that came, None while there was none.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._is_reading = self._is_insisted = False
        self._before: dict[signal.Signals, signal.Handlers] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in SIGNALS:
                self._before[name] = signal.signal(name, self._note)  # type: ignore[assignment]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)
        # Some libraries make another error of it.
        if self._is_insisted and error is not None and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from error

    @property
    def is_asked_for(self) -> bool:
        """Whether a signal came."""
        return self.signal is not None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let a signal end what is done here, such as waiting for standard input.

        Raises:
            Interrupted: A signal came.
        """
        if self.is_asked_for:
            raise Interrupted
        self._is_reading = True
        try:
            yield
        finally:
            self._is_reading = False

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.is_asked_for and number == signal.SIGINT:
            self._is_insisted = True
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)
        if self._is_reading:
            self._is_reading = False
            raise Interrupted
