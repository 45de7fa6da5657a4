"""What several test files share: the real taxonomy and a small tokenizer."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from mot_nlp.taxonomy import read_taxonomy

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def taxonomy_path():
    """The ``taxonomy.toml`` that the shipped model was trained on."""
    return ROOT / "training" / "configs" / "taxonomy.toml"


@pytest.fixture(scope="session")
def taxonomy(taxonomy_path):
    return read_taxonomy(taxonomy_path)


@pytest.fixture(scope="session")
def tokenizer():
    """A WordPiece tokenizer with BERT's special tokens.

    It has one token for each lower-case ASCII letter, digit and mark, and one for "the"; words
    with other characters are unknown, and control characters vanish.
    """
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = string.ascii_lowercase + string.digits
    tokens += [*characters, *(f"##{c}" for c in characters), *string.punctuation, "the"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    built = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    built.normalizer = normalizers.BertNormalizer(lowercase=True)
    built.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    built.post_processor = processors.BertProcessing(
        ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
    )
    return built
