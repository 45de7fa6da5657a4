"""What a fit is made with: one small typed table per concern, read from TOML and checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PRECISIONS = ("auto", "bf16", "fp32")
Section = TypeVar(
    "Section", bound="DataConfig | ModelConfig | FitConfig | LossConfig | DistilConfig"
)


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Which texts are learned from."""

    corpus: str = "data/corpus"
    """Folder of part-*.txt files in the project's own format."""
    extra: tuple[str, ...] = ()
    """JSON Lines files with text and units, named here or with --extra; never copied."""
    context: bool = True
    """Whether a segment is read within its document; False (each alone) is for baselines."""
    rough: float = 0.0
    """Share of training documents read with typos, without stops, or in one case only."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(0 <= self.rough <= 1, "data.rough", self.rough, "0 to 1")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Which network is fitted."""

    encoder: str = "sentence-transformers/all-MiniLM-L6-v2"
    """Folder or hub id of any AutoModel encoder with a fast tokenizer."""
    taxonomy: str = "training/configs/taxonomy.toml"
    """Labels of the heads."""
    window: int = 256
    """Most tokens read at once, special tokens included."""
    dropout: float = 0.1
    """Share of a segment vector's entries dropped before the heads while fitting."""
    attention_dropout: float = 0.0
    """Attention dropout of the encoder; 0 lets the processor's fused attention kernel run."""
    encoder_dropout: float = 0.1
    """Dropout of the encoder's hidden states."""
    activation_limit: float = 6.0
    """Bound of the encoder's feed-forward activations, so that int8 can resolve them; 0: none.
    Of encoders that are not BERT-like none is bounded."""
    layers: tuple[int, ...] = ()
    """Layers of the encoder to keep, from 0; all where none is named."""
    feed_forward: int = 0
    """Feed-forward units to keep in every layer, the weightiest; 0: all."""
    rounding: bool = False
    """Whether inputs of products are rounded to 8 bits while fitting, as int8 will round them."""
    emojis: bool = True
    """Whether emojis unknown to the tokenizer take unused places of its vocabulary."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(16 <= self.window <= 512, "model.window", self.window, "16 to 512")
        for name in ("dropout", "attention_dropout", "encoder_dropout"):
            _require(
                0 <= getattr(self, name) < 1, f"model.{name}", getattr(self, name), "0 to below 1"
            )
        _require(
            self.activation_limit >= 0, "model.activation_limit", self.activation_limit, "0 or more"
        )
        _require(self.feed_forward >= 0, "model.feed_forward", self.feed_forward, "0 or more")
        ordered = list(self.layers) == sorted({*self.layers}) and min(self.layers, default=0) >= 0
        _require(ordered, "model.layers", self.layers, "ascending numbers from 0")


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How it is fitted."""

    epochs: float = 3.0
    """Passes over the training documents."""
    batch_size: int = 16
    """Documents a step."""
    learning_rate: float = 4e-4
    """Peak learning rate of AdamW, reached after the warm-up, then falling linearly to 0."""
    layer_decay: float = 0.8
    """A layer's learning rate over that of the layer above it; 1 is the same for all."""
    warmup: float = 0.06
    """Share of steps in which the learning rate rises."""
    weight_decay: float = 0.01
    """Decay of weight matrices."""
    seed: int = 13
    """Seed of weights, dropout and batch order."""
    precision: str = "auto"
    """bf16, fp32, or auto: bf16 where this machine is measured to be faster in it."""
    save_steps: int = 200
    """Steps between checkpoints, from which an interrupted fit resumes."""
    report_to: tuple[str, ...] = ()
    """Trackers of the transformers Trainer: tensorboard, mlflow, wandb."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(self.epochs > 0, "fit.epochs", self.epochs, "a positive number")
        _require(self.batch_size >= 1, "fit.batch_size", self.batch_size, "1 or more")
        _require(0 < self.learning_rate < 1, "fit.learning_rate", self.learning_rate, "0 to 1")
        _require(0 < self.layer_decay <= 1, "fit.layer_decay", self.layer_decay, "over 0 to 1")
        _require(0 <= self.warmup < 1, "fit.warmup", self.warmup, "0 to below 1")
        _require(self.precision in PRECISIONS, "fit.precision", self.precision, str(PRECISIONS))


@dataclass(frozen=True, slots=True)
class LossConfig:
    """What counts as wrong, and how much."""

    class_weight_power: float = 0.25
    """A label weighs (mean count / its count) to this power: 0 is plain, 1 fully balanced."""
    class_weight_cap: float = 4.0
    """Most that a rare label may weigh."""
    label_smoothing: float = 0.05
    """Share of the target spread evenly over a head's labels."""

    def __post_init__(self) -> None:
        """Check ranges."""
        power = self.class_weight_power
        _require(0 <= power <= 1, "loss.class_weight_power", power, "0 to 1")
        _require(self.class_weight_cap >= 1, "loss.class_weight_cap", self.class_weight_cap, ">= 1")
        _require(
            0 <= self.label_smoothing < 1,
            "loss.label_smoothing",
            self.label_smoothing,
            "0 to below 1",
        )


@dataclass(frozen=True, slots=True)
class DistilConfig:
    """What is learned from other fitted models beside the labels."""

    teachers: tuple[str, ...] = ()
    """Folders of fitted models, whose scores are averaged; none: labels alone."""
    weight: float = 0.5
    """Share of the teachers in the loss; the labels have the rest."""
    temperature: float = 2.0
    """Divisor of scores on both sides: above 1, second thoughts count more."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(0 <= self.weight <= 1, "distil.weight", self.weight, "0 to 1")
        _require(self.temperature > 0, "distil.temperature", self.temperature, "a positive number")


@dataclass(frozen=True, slots=True)
class Config:
    """All of it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    distil: DistilConfig = field(default_factory=DistilConfig)


def read_config(path: Path) -> Config:
    """Read a configuration; what it leaves out keeps its default.

    Raises:
        InputError: The file is missing or not TOML, or names an unknown table, key or value.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"no configuration at {path}; start from training/configs/default.toml"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}") from error
    sections = {
        "data": DataConfig,
        "model": ModelConfig,
        "fit": FitConfig,
        "loss": LossConfig,
        "distil": DistilConfig,
    }
    unknown = sorted(set(table) - set(sections))
    if unknown:
        raise InputError(f"{path}: unknown table {unknown}; the tables are {sorted(sections)}")
    return Config(
        **{
            name: _section(kind, table.get(name, {}), f"{path}: [{name}]")
            for name, kind in sections.items()
        }
    )


def _section(kind: type[Section], table: dict[str, Any], where: str) -> Section:
    names = [entry.name for entry in fields(kind)]
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise InputError(f"{where}: unknown key {unknown}; the keys are {names}")
    lone = [
        entry.name
        for entry in fields(kind)
        if str(entry.type).startswith("tuple") and isinstance(table.get(entry.name), str)
    ]
    if lone:
        raise InputError(f"{where}: {lone[0]} is a list; write [{table[lone[0]]!r}]")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    return kind(**values)


def _require(holds: bool, name: str, value: object, allowed: str) -> None:  # noqa: FBT001
    if not holds:
        raise InputError(f"{name} is {value!r}; allowed: {allowed}")
