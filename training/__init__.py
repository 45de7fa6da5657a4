"""The retraining kit of mot-nlp, used from a checkout: ``python -m training --help``."""
