"""How good a bundle is on labelled feedback, and whether a new one may take an old one's place.

:func:`collect.evaluate_bundle` makes one :class:`data.Evaluation` of all figures,
:func:`comparison.compare_bundles` one :class:`differences.Comparison`, and :func:`gate.judge` says
whether it lets the new bundle pass; :mod:`writing` puts them on disk. All intervals are of a
bootstrap over documents.
"""
