import signal

import pytest

from mot_nlp.batch.stopping import Interrupted, Stop


def test_a_signal_ends_reading_but_no_other_work():
    with Stop() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.signal == signal.SIGTERM
        with pytest.raises(Interrupted), stop.reading():
            pytest.fail("nothing more is read")
    with Stop() as stop, pytest.raises(Interrupted), stop.reading():
        signal.raise_signal(signal.SIGINT)


def test_a_second_interrupt_is_one_whatever_a_library_makes_of_it():
    def interrupted_twice():
        with Stop():
            signal.raise_signal(signal.SIGINT)
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                raise RuntimeError("query interrupted") from None

    with pytest.raises(KeyboardInterrupt):
        interrupted_twice()


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with Stop():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
