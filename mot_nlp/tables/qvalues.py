"""Many tests at once: p-values to q-values."""

from __future__ import annotations

import numpy as np
import pandas as pd


def q_values(p_values: pd.Series) -> pd.Series:
    """Benjamini and Hochberg's adjustment (1995) of the p-values that there are.

    Args:
        p_values: 0 to 1, NaN where nothing was tested.

    Returns:
        As many, NaN in the same places.
    """
    from scipy.stats import false_discovery_control

    tested = p_values.dropna()
    adjusted = pd.Series(false_discovery_control(tested), tested.index, dtype=np.float64)
    return adjusted.reindex(p_values.index)
