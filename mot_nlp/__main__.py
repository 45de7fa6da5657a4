"""``python -m mot_nlp`` is the ``mot`` command."""

from mot_nlp.cli import main

main()
