"""A report of moments: findings, tables, charts and quotes in one page to pass on."""

from mot_nlp.reporting.writing import report

__all__ = ["report"]
