"""What to label next: the documents of a dump from which a model would learn most.

``candidates`` (a dump read once, the best of it kept) → ``distinct`` (copies left out) → ``likeness``
(texts as vectors) → ``strategies`` (who comes next, and why) → ``choosing`` (all of it joined) →
``writing`` (a Label Studio project, a sheet, and the record).
"""
