"""What the model is held against: labellers of single segments, trained on the same data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from mot_nlp.decoding import Decoder
from mot_nlp.encoding import WindowEncoder
from mot_nlp.records import Segment
from training.corpus import LabelledDocument, each_alone
from training.evaluate import chosen_arrays, gold_arrays, torch_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np

    from mot_nlp.taxonomy import Taxonomy


def tfidf(
    train: Sequence[LabelledDocument], taxonomy: Taxonomy
) -> Callable[[list[str]], dict[str, np.ndarray]]:
    """TF-IDF of words and word pairs with class-balanced logistic regression, one a head."""
    alone = each_alone(train)
    texts, gold = [d.text for d in alone], gold_arrays(alone, taxonomy)
    models = {}
    for name in taxonomy.heads:
        models[name] = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            OneVsRestClassifier(
                LogisticRegression(C=4.0, class_weight="balanced", solver="liblinear")
            ),
        )
        models[name].fit(texts, gold[name])
    return lambda given: {name: model.predict(given) for name, model in models.items()}


def alone(folder: Path, taxonomy: Taxonomy) -> Callable[[list[str]], dict[str, np.ndarray]]:
    """The same encoder, fitted on and reading each segment by itself."""
    from training.checkpoint import load_fitted

    model = load_fitted(folder)
    encoder = WindowEncoder.from_file(folder / "tokenizer.json", window=model.config.window)
    decoder = Decoder(taxonomy, {})

    def label(texts: list[str]) -> dict[str, np.ndarray]:
        documents = [
            LabelledDocument(str(i), "review", "", "", text, (Segment(0, len(text), 0),), ({},))
            for i, text in enumerate(texts)
        ]
        return chosen_arrays(torch_scores(model, encoder, documents), decoder)

    return label
