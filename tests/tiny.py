"""A tiny encoder for fast tests, and the tiny bundle committed in ``tests/tiny-bundle``.

    python -m tests.tiny          # fits and exports the bundle again, in about a minute

The encoder has 2 layers of 32 and a vocabulary of its own, so that a fit takes seconds.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = Path(__file__).parent / "tiny-bundle"
TAXONOMY = ROOT / "training" / "configs" / "taxonomy.toml"
OWN_TAXONOMY = ROOT / "training" / "configs" / "example-taxonomy.toml"
HIDDEN = 32


def write_encoder(folder: Path, texts: Iterable[str], *, vocabulary: int = 1500) -> Path:
    """A random BERT with a WordPiece vocabulary of ``texts``, as ``from_pretrained`` reads it."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * HIDDEN,
        max_position_embeddings=256,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def build() -> None:
    """Fit the tiny encoder on a part of the corpus and export it to ``tests/tiny-bundle``."""
    from mot_nlp.taxonomy import read_taxonomy
    from training.config import Config, DataConfig, FitConfig, ModelConfig
    from training.corpus import read_corpus
    from training.export import export
    from training.fit import fit

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        for path in (ROOT / "data" / "corpus").glob("part-4*.txt"):
            shutil.copy(path, corpus)
        documents = read_corpus(corpus, read_taxonomy(TAXONOMY))
        encoder = write_encoder(folder / "encoder", (d.text for d in documents))
        config = Config(
            data=DataConfig(corpus=str(corpus)),
            model=ModelConfig(encoder=str(encoder), taxonomy=str(TAXONOMY), dropout=0.0),
            fit=FitConfig(
                epochs=8, learning_rate=3e-3, layer_decay=1.0, batch_size=16, precision="fp32"
            ),
        )
        fitted = fit(config, folder / "fit")
        shutil.rmtree(BUNDLE, ignore_errors=True)
        export(fitted, BUNDLE)
        shutil.rmtree(BUNDLE / "checkpoint")


def write_own_bundle(folder: Path, taxonomy_path: Path = OWN_TAXONOMY, *, seed: int = 3) -> Path:
    """The tiny bundle with the labels of another taxonomy: quick to make, and without torch.

    Its scores are random mixtures of those of the tiny bundle, so that different texts get different
    labels, all of them on some texts; what they say is of no use.
    """
    import json

    import numpy as np
    import openvino
    from openvino import opset13 as ops

    from mot_nlp.bundle import MANIFEST, Manifest, write_manifest
    from mot_nlp.taxonomy import read_taxonomy

    taxonomy = read_taxonomy(taxonomy_path)
    graph = openvino.Core().read_model(BUNDLE / "model.xml")
    given = graph.outputs[0].get_node().input_value(0)
    width = given.partial_shape[-1].get_length()
    mixture = np.random.default_rng(seed).normal(0, 0.7, (width, taxonomy.width))
    mixed = ops.matmul(given, ops.constant(mixture.astype(np.float32)), False, False)
    shift = np.zeros(taxonomy.width, np.float32)
    for name, part in taxonomy.slices().items():
        if name not in taxonomy.questions:  # one of several labels: most segments have few of them
            shift[part.start] = 3.0
    mixed = ops.add(mixed, ops.constant(shift))
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(
        openvino.Model([ops.result(mixed)], graph.get_parameters()), folder / "model.xml",
        compress_to_fp16=False,
    )  # fmt: skip
    for name in ("tokenizer.json", "README.md"):
        shutil.copyfile(BUNDLE / name, folder / name)
    shutil.copyfile(taxonomy_path, folder / "taxonomy.toml")
    tiny = json.loads((BUNDLE / MANIFEST).read_text(encoding="utf-8"))
    manifest = Manifest(
        name="own",
        precision=tiny["precision"],
        precisions=tuple(tiny["precisions"]),
        window=tiny["window"],
        heads={name: list(head.labels) for name, head in taxonomy.heads.items()},
        temperatures={},
        review={name: {"threshold": 0.6, "kept": 0.5} for name in taxonomy.heads},
    )
    write_manifest(folder, manifest)
    return folder


if __name__ == "__main__":
    build()
