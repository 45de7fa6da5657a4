"""The version of mot-nlp."""

VERSION = "0.1.0"
