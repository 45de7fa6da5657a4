"""Learning curves: what more labels would bring, told from what fewer would have brought.

``measuring`` (heads fitted to nested parts of the labels, scored on a fixed part) → ``power`` (the law
that is fitted to the figures) → ``reading`` (gains, intervals, and whether to trust them) → ``picture``
and ``writing``.
"""
