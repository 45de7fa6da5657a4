"""The parts of ``benchmarks.retrain``: sources, systems, cached runs, figures, the page."""
