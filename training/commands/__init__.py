"""Commands of ``python -m training``: thin coats over plain functions."""
