"""What a fit is made with: one small typed table per concern, checked at birth."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from mot_nlp.errors import InputError

METHODS = ("heads", "full")
PRECISIONS = ("auto", "bf16", "fp32")
TRACKERS = ("tensorboard", "mlflow", "wandb")


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Which texts are learned from."""

    corpus: str = "data/corpus"
    """Folder of part-*.txt files in the project's own format."""
    extra: tuple[str, ...] = ()
    """JSON Lines files with text and units, named here or with --extra; never copied."""
    context: bool = True
    """Whether a segment is read within its document; False (each alone) is for baselines."""
    labelled: tuple[str, ...] = ()
    """Own labelled JSON Lines to learn from instead of the corpus, split as the keys below say."""
    group: str = ""
    """Key of the labelled rows, as author, whose texts stay on one side of the split; where empty,
    the key group if rows have it, else each document is its own group."""
    test_share: float = 0.2
    """Share of the groups of labelled rows that is kept apart and never looked at while fitting."""
    validation_share: float = 0.15
    """Share of them that early stopping and confidences go by."""
    split_seed: int = 0
    """Another number deals the groups anew; the same one never moves a group."""

    rough: float = 0.0
    """Share of training documents read with typos, without stops, or in one case only."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(0 <= self.rough <= 1, "data.rough", self.rough, "0 to 1")
        for name in ("test_share", "validation_share"):
            share = getattr(self, name)
            _require(0 <= share < 1, f"data.{name}", share, "0 to below 1")
        both = self.test_share + self.validation_share
        _require(both < 1, "data.test_share + data.validation_share", both, "below 1")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Which network is fitted."""

    encoder: str = "sentence-transformers/all-MiniLM-L6-v2"
    """Folder or hub id of any AutoModel encoder with a fast tokenizer."""
    taxonomy: str = "training/configs/taxonomy.toml"
    """Labels of the heads."""
    window: int | None = None
    """Most tokens read at once, special tokens included; left out: as many as the fitted model that it
    starts from, 256 where it starts from a pretrained encoder."""
    dropout: float = 0.1
    """Share of a segment vector's entries dropped before the heads while fitting."""
    attention_dropout: float = 0.0
    """Attention dropout of the encoder; 0 lets the processor's fused attention kernel run."""
    encoder_dropout: float = 0.1
    """Dropout of the encoder's hidden states."""
    activation_limit: float | None = None
    """Bound of the encoder's feed-forward activations, so that int8 can resolve them; 0: none. Left
    out: that of the fitted model that it starts from, 6 where it starts from a pretrained encoder. Of
    encoders that are not BERT-like none is bounded."""
    layers: tuple[int, ...] = ()
    """Layers of the encoder to keep, from 0; all where none is named."""
    feed_forward: int = 0
    """Feed-forward units to keep in every layer, the weightiest; 0: all."""
    rounding: bool = False
    """Whether inputs of products are rounded to 8 bits while fitting, as int8 will round them."""
    emojis: bool | None = None
    """Whether emojis unknown to the tokenizer take unused places of its vocabulary; left out: only where
    it starts from a pretrained encoder, as a fitted model knows what it was taught."""

    def __post_init__(self) -> None:
        """Check ranges."""
        fine = self.window is None or 16 <= self.window <= 512
        _require(fine, "model.window", self.window, "16 to 512")
        for name in ("dropout", "attention_dropout", "encoder_dropout"):
            _require(
                0 <= getattr(self, name) < 1, f"model.{name}", getattr(self, name), "0 to below 1"
            )
        limit = self.activation_limit
        _require(limit is None or limit >= 0, "model.activation_limit", limit, "0 or more")
        _require(self.feed_forward >= 0, "model.feed_forward", self.feed_forward, "0 or more")
        ordered = list(self.layers) == sorted({*self.layers}) and min(self.layers, default=0) >= 0
        _require(ordered, "model.layers", self.layers, "ascending numbers from 0")


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How it is fitted."""

    method: str = "full"
    """full: every weight learns. heads: the encoder stays as it is and the heads alone are fitted."""
    epochs: float = 3.0
    """Passes over the training documents, the most of them where patience may end a fit sooner."""
    patience: int = 0
    """Epochs without a better mean macro-F1 on validation after which a fit ends, and the best epoch
    is kept; 0: all epochs are fitted and the last is kept."""
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
    """Steps between checkpoints, from which an interrupted fit resumes; with patience, one an epoch."""
    threads: int = 0
    """Processor threads, on which the last bits of the weights depend; 0: as many as torch takes."""
    report_to: tuple[str, ...] = ()
    """Trackers of the transformers Trainer: tensorboard, mlflow, wandb."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(self.method in METHODS, "fit.method", self.method, str(METHODS))
        _require(self.epochs > 0, "fit.epochs", self.epochs, "a positive number")
        _require(self.batch_size >= 1, "fit.batch_size", self.batch_size, "1 or more")
        _require(0 < self.learning_rate < 1, "fit.learning_rate", self.learning_rate, "0 to 1")
        _require(0 < self.layer_decay <= 1, "fit.layer_decay", self.layer_decay, "over 0 to 1")
        _require(0 <= self.warmup < 1, "fit.warmup", self.warmup, "0 to below 1")
        _require(self.precision in PRECISIONS, "fit.precision", self.precision, str(PRECISIONS))
        _require(self.patience >= 0, "fit.patience", self.patience, "0 or more")
        _require(self.threads >= 0, "fit.threads", self.threads, "0 or more")
        _require(set(self.report_to) <= {*TRACKERS}, "fit.report_to", self.report_to, str(TRACKERS))


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
class HeadsConfig:
    """How heads alone are fitted, with fit.method = "heads"."""

    penalties: tuple[float, ...] = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03)
    """What a departure from the heads at the start may cost; each head takes the dearest that does as
    well as any, up to a standard error, in cross-validation over the training part."""
    folds: int = 5
    """Folds of that cross-validation."""

    def __post_init__(self) -> None:
        """Check ranges."""
        fine = bool(self.penalties) and min(self.penalties) > 0
        _require(fine, "heads.penalties", self.penalties, "one or more positive numbers")
        _require(self.folds >= 2, "heads.folds", self.folds, "2 or more")


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """Which settings are tried by cross-validation over the training part before the fit."""

    folds: int = 0
    """Folds, each scored by a model fitted on the others; 0: nothing is tried."""
    methods: tuple[str, ...] = ("heads", "full")
    """Values of fit.method to try."""
    learning_rates: tuple[float, ...] = (2e-4, 4e-4)
    """Values of fit.learning_rate to try, where every weight learns."""
    epochs: tuple[float, ...] = (5.0, 10.0)
    """Values of fit.epochs to try, where every weight learns."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(self.folds == 0 or self.folds >= 2, "search.folds", self.folds, "0, or 2 or more")
        fine = bool(self.methods) and {*self.methods} <= {*METHODS}
        _require(fine, "search.methods", self.methods, f"one or more of {METHODS}")
        fine = bool(self.learning_rates) and all(0 < rate < 1 for rate in self.learning_rates)
        _require(fine, "search.learning_rates", self.learning_rates, "one or more from 0 to 1")
        fine = bool(self.epochs) and min(self.epochs) > 0
        _require(fine, "search.epochs", self.epochs, "one or more positive numbers")


@dataclass(frozen=True, slots=True)
class DistilConfig:
    """What is learned from other fitted models beside the labels."""

    teachers: tuple[str, ...] = ()
    """Folders of fitted models, whose scores are averaged; none: labels alone."""
    start: bool = False
    """Whether the model that the fit starts from teaches the heads that it has, so that what the rows do
    not show is not forgotten (Li and Hoiem 2016)."""
    weight: float = 0.5
    """Share of the teachers in the loss; the labels have the rest."""
    temperature: float = 2.0
    """Divisor of scores on both sides: above 1, second thoughts count more."""

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(0 <= self.weight <= 1, "distil.weight", self.weight, "0 to 1")
        alone = not (self.teachers and self.start)
        _require(alone, "distil.start", self.start, "false where distil.teachers are named")
        _require(self.temperature > 0, "distil.temperature", self.temperature, "a positive number")


@dataclass(frozen=True, slots=True)
class Config:
    """All of it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    heads: HeadsConfig = field(default_factory=HeadsConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    distil: DistilConfig = field(default_factory=DistilConfig)

    def __post_init__(self) -> None:
        """Check what goes together."""
        heads = self.fit.method == "heads" or (self.search.folds and "heads" in self.search.methods)
        for name in ("data.rough", "model.rounding", "distil.teachers") if heads else ():
            if value := self.values()[name]:
                told = list(value) if isinstance(value, tuple) else value
                raise InputError(
                    f"{name} is {told!r}, which heads alone do not learn from: their encoder stays as it "
                    'is; leave it out, or write fit.method = "full" and search.methods = ["full"]'
                )
        folded = self.search.folds or self.fit.method == "heads"
        if folded and not self.data.context:
            raise InputError(
                "data.context = false is a baseline that takes documents apart, which folds must not; "
                'use it with fit.method = "full" and search.folds = 0'
            )

    def values(self) -> dict[str, Any]:
        """Every value by its full name, as ``fit.epochs``."""
        return {
            f"{table.name}.{key.name}": getattr(getattr(self, table.name), key.name)
            for table in fields(self)
            for key in fields(getattr(self, table.name))
        }


def _require(holds: bool, name: str, value: object, allowed: str) -> None:  # noqa: FBT001
    if not holds:
        raise InputError(f"{name} is {value!r}; allowed: {allowed}")
