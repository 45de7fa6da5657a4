"""Files of spaCy's ``DocBin`` to tasks: span groups, entities and categories.

A span group called after a head gives that head's labels; in others, as ``sc``, and among entities
and categories, a label tells by its own name which head it is of. Neither a pipeline nor torch is
needed to read them.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import spacy
from spacy.tokens import DocBin

from mot_nlp.errors import InputError, ReadError
from training.importing.context import text_of
from training.importing.marks import Annotation, Mark, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from spacy.tokens import Doc

    from training.importing.context import Context

_ENTITIES, _CATEGORIES = "doc.ents", "doc.cats"


def open_docbin(path: Path) -> Iterator[Doc]:
    """The documents of a file, one at a time.

    Raises:
        ReadError: It is no ``DocBin``, or is cut off.
    """
    try:
        docs = DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)
        yield from docs
    except OSError:
        raise
    # A file of another kind fails in msgpack, NumPy or spaCy, each in its own way.
    except Exception as error:
        raise ReadError(
            f"{path} is not a whole DocBin ({type(error).__name__}); write it again with DocBin.to_disk"
        ) from error


def read_docs(docs: Iterator[Doc], context: Context) -> Iterator[Task]:
    """Tasks of documents.

    Args:
        docs: The documents.
        context: The file.
    """
    for number, doc in enumerate(docs, 1):
        kept: Mapping[Any, Any] = doc.user_data  # extension attributes have tuples for keys
        data = {key: value for key, value in kept.items() if isinstance(key, str)}
        name = context.id_of(number, data.get(context.options.id or "id"))
        try:
            text = text_of(doc.text)
        except InputError as error:
            context.tally.reject(context.file, number, name, str(error))
            continue
        marks = (*_spans(doc, context), *_categories(doc, number, name, context))
        if not marks:
            context.tally.skip("documents without a label")
            continue
        extra = context.extra(number, data, context.extra_names(data))
        yield Task(context.file, number, name, text, (Annotation("", marks),), extra)


def _spans(doc: Doc, context: Context) -> Iterator[Mark]:
    groups: Mapping[str, Any] = dict(doc.spans)
    named = chain(
        ((key, span) for key, group in groups.items() for span in group),
        ((_ENTITIES, span) for span in doc.ents),
    )
    for key, span in named:
        target = context.assigner.target(key)
        context.use(key, f"head {target}" if target else "labels by their own names")
        yield Mark(key, span.label_ or None, span.start_char, span.end_char, counted=True)


def _categories(doc: Doc, number: int, name: str, context: Context) -> Iterator[Mark]:
    """Categories of 1 as labels, and of 0 where that says which label holds instead."""
    for label, score in doc.cats.items():
        context.use(_CATEGORIES, "labels by their own names")
        if score not in (0, 1):
            context.tally.reject(
                context.file,
                number,
                name,
                f"the category {label!r} is {score:.3g}, a score and no label; write 1 or 0",
                text=doc.text,
            )
            continue
        mark = Mark(_CATEGORIES, label, denied=not score)
        if score or context.assigner.denies(mark):
            yield mark
