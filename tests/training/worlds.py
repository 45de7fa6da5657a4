"""A small labelled world: a few documents, a tiny encoder, a configuration that fits in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY, write_encoder
from training.config import Config, DataConfig, FitConfig, ModelConfig
from training.corpus import read_corpus

if TYPE_CHECKING:
    from pathlib import Path

_BODIES = (
    ("review", "d f pr + .", "Paid {n} quid and it was a bargain.", "p s po - !", "It broke on day {n}."),
    ("review", "a z ad 0 .", "Saw the advert {n} times.", "p t wo + !", "I recommend it to all {n} friends."),
    ("social", "c z wo 0 .", "Anybody tried model {n} yet?", "n n no 0 .", "Morning all {n}."),
    ("social", "p s de - .", "Parcel {n} is late again.", "p s su - .", "Support line {n} never answers."),
)  # fmt: skip


def write_corpus(folder: Path, copies: int = 10) -> Path:
    """Parts in the project's format: reviews, posts and transcripts of ``copies`` kinds each."""
    folder.mkdir(parents=True, exist_ok=True)
    blocks, number = [], 0
    for copy in range(copies):
        for source, first, one, second, two in _BODIES:
            number += 1
            blocks.append(
                f"## {source} | electronics | {number}\n"
                f"{first} | {one.format(n=copy)}\n{second} | {two.format(n=copy)}\n"
            )
        number += 1
        blocks.append(
            f"## transcript | telecom | {number}\nA> Hello, how can I help with order {copy}?\n"
            f"C> n n no 0 . | Hi.\nC+ p s po - ! | The router number {copy} is dead.\n"
        )
    (folder / "part-01.txt").write_text("\n".join(blocks), encoding="utf-8")
    return folder


def small_config(folder: Path, *, epochs: float = 2, save_steps: int = 200) -> Config:
    """A corpus, a tiny random encoder, and settings that fit it in a few seconds."""
    corpus = write_corpus(folder / "corpus")
    documents = read_corpus(corpus, read_taxonomy(TAXONOMY))
    encoder = write_encoder(folder / "encoder", [d.text for d in documents], vocabulary=300)
    return Config(
        data=DataConfig(corpus=str(corpus)),
        model=ModelConfig(encoder=str(encoder), taxonomy=str(TAXONOMY), window=64, dropout=0.0),
        fit=FitConfig(
            epochs=epochs,
            batch_size=8,
            learning_rate=3e-3,
            layer_decay=1.0,
            precision="fp32",
            save_steps=save_steps,
        ),
    )
