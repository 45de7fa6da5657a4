"""The network: any encoder, token vectors averaged per segment, one linear head a question."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.activations import ClippedGELUActivation, GELUActivation
from transformers.configuration_utils import PreTrainedConfig

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mot_nlp.taxonomy import Taxonomy
    from training.config import ModelConfig


logger = logging.getLogger(__name__)

_WINDOW, _LIMIT = 256, 6.0
"""What holds for pretrained encoders where nothing else is asked for."""


class MomentConfig(PreTrainedConfig):
    """Configuration of a :class:`MomentModel`.

    Attributes:
        encoder: Configuration of the encoder, as a dictionary with its ``model_type``.
        heads: Labels of each head; their order is that of the taxonomy beside the weights.
        window: Most tokens read at once, special tokens included.
        head_dropout: Share of a segment vector dropped before the heads while fitting.
        activation_limit: Bound of the encoder's feed-forward activations, 0 for none. Rare
            activations ten times the usual would take int8's few steps for themselves.
    """

    model_type = "moment"
    encoder: dict | None = None
    heads: dict | None = None
    window: int = 256
    head_dropout: float = 0.1
    activation_limit: float = 0.0


class MomentModel(PreTrainedModel):
    """Scores every head's labels for every segment, or for every token when exported."""

    config_class = MomentConfig
    base_model_prefix = "encoder"
    _supports_sdpa = True
    _supports_attention_backend = True

    def __init__(self, config: MomentConfig) -> None:
        super().__init__(config)
        encoder = dict(config.encoder or {})
        encoder_config = AutoConfig.for_model(encoder.pop("model_type"), **encoder)
        self.encoder = AutoModel.from_config(encoder_config)
        if hasattr(self.encoder, "pooler"):
            self.encoder.pooler = None  # segments are pooled here; unused weights stay out
        if config.activation_limit:
            _limit_activations(self.encoder, config.activation_limit)
        self.dropout = nn.Dropout(config.head_dropout)
        width = sum(len(labels) for labels in (config.heads or {}).values())
        self.heads = nn.Linear(encoder_config.hidden_size, width)
        self.post_init()

    @classmethod
    def from_encoder(cls, folder: Path, taxonomy: Taxonomy, settings: ModelConfig) -> MomentModel:
        """A model with a pretrained encoder and fresh heads.

        Where ``folder`` holds a fitted model, what its heads know of labels that are here too is
        taken over, as :func:`carried_rows` says; and what ``settings`` leave open, as
        :func:`carried_settings` says.
        """
        window, limit, _ = _decided(settings, folder)
        pretrained = AutoModel.from_pretrained(folder, dtype=torch.float32)
        fitted = pretrained if isinstance(pretrained, MomentModel) else None
        encoder = fitted.encoder if fitted else pretrained
        _keep_layers(encoder, settings.layers)
        for name in ("attention_probs_dropout_prob", "attention_dropout"):
            _set(encoder.config, name, settings.attention_dropout)
        for name in ("hidden_dropout_prob", "dropout"):
            _set(encoder.config, name, settings.encoder_dropout)
        described = encoder.config.to_dict()
        described.pop("_name_or_path", None)  # a folder of this machine
        config = MomentConfig(
            encoder=described,
            heads={name: list(head.labels) for name, head in taxonomy.heads.items()},
            window=window,
            head_dropout=settings.dropout,
            activation_limit=limit,
        )
        model = cls(config)
        weights = {k: v for k, v in encoder.state_dict().items() if not k.startswith("pooler.")}
        model.encoder.load_state_dict(weights)
        if fitted and (rows := carried_rows(folder, taxonomy)):
            with torch.no_grad():
                model.heads.weight[[*rows]] = fitted.heads.weight[[*rows.values()]]
                model.heads.bias[[*rows]] = fitted.heads.bias[[*rows.values()]]
        return model

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if module is self.heads:
            module.weight.normal_(std=0.02)
            module.bias.zero_()

    def token_scores(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scores of tokens, (batch, tokens, width).

        As the heads are linear, their mean over a segment's tokens is the segment's score.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.heads(hidden)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        segment_ids: Tensor,
        labels: Tensor | None = None,  # noqa: ARG002 - the Trainer hands labels to the loss
        soft: Tensor | None = None,
        **_: object,
    ) -> dict[str, Tensor]:
        """Scores of segments.

        Args:
            input_ids: Token ids, (batch, tokens).
            attention_mask: 1 for tokens, 0 for padding, (batch, tokens).
            segment_ids: Number of each token's segment within the batch, -1 for none.
            labels: Label indices, (segments, heads); read by the loss, not here.
            soft: Teachers' scores, (segments, width); handed on to the loss.

        Returns:
            ``logits``, (segments, width), and ``soft`` where it was given.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        owned = segment_ids.flatten() >= 0
        owners = segment_ids.flatten()[owned]
        vectors = hidden.flatten(0, 1)[owned].float()
        count = int(owners.max()) + 1
        sums = torch.zeros(count, vectors.shape[1], device=vectors.device).index_add(
            0, owners, vectors
        )
        sizes = torch.zeros(count, device=vectors.device).index_add(
            0, owners, torch.ones_like(owners, dtype=torch.float32)
        )
        scores = {"logits": self.heads(self.dropout(sums / sizes.unsqueeze(1)))}
        return scores if soft is None else scores | {"soft": soft}


def carried_settings(settings: ModelConfig, folder: Path) -> ModelConfig:
    """The settings with what they leave open decided by what the model starts from.

    A fitted model keeps its window, its bound of activations and its vocabulary: read otherwise, it
    would begin worse than it is.

    Args:
        settings: Which network is fitted.
        folder: Folder of an encoder or a fitted model.
    """
    window, limit, emojis = _decided(settings, folder)
    return replace(settings, window=window, activation_limit=limit, emojis=emojis)


def _decided(settings: ModelConfig, folder: Path) -> tuple[int, float, bool]:
    """Window, bound of activations, and whether emojis are added."""
    described = _described(folder)
    if described.get("model_type") == MomentConfig.model_type:
        before = MomentConfig.from_dict(described)
        window, limit, emojis = before.window, before.activation_limit, False
    else:
        window = min(_WINDOW, described.get("max_position_embeddings", _WINDOW))
        limit, emojis = _LIMIT, True
    return (
        window if settings.window is None else settings.window,
        limit if settings.activation_limit is None else settings.activation_limit,
        emojis if settings.emojis is None else settings.emojis,
    )


def carried_rows(folder: Path, taxonomy: Taxonomy) -> dict[int, int]:
    """Rows of the heads that a fitted model has for labels of this taxonomy.

    A label is the same where its head and itself are called the same; others start fresh.

    Args:
        folder: Folder of the fitted model; of any other encoder nothing is carried over.
        taxonomy: Labels of the model to be.

    Returns:
        Row in the model to be, to row in the fitted one.
    """
    path = folder / "taxonomy.toml"
    fitted = _described(folder).get("model_type") == MomentConfig.model_type
    if not fitted or not path.is_file():
        return {}
    known = {name: row for row, name in enumerate(_row_names(read_taxonomy(path)))}
    return {row: known[name] for row, name in enumerate(_row_names(taxonomy)) if name in known}


def _described(folder: Path) -> dict[str, Any]:
    described: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return described


def _row_names(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    return [(head, label) for head, labels in taxonomy.outputs for label in labels]


def _set(config: PreTrainedConfig, name: str, value: float) -> None:
    if hasattr(config, name):
        setattr(config, name, value)


def _keep_layers(encoder: PreTrainedModel, layers: Sequence[int]) -> None:
    """Leave only these layers of a BERT-like encoder; all where none is named."""
    if not layers:
        return
    body: Any = getattr(encoder, "encoder", None)
    stack = getattr(body, "layer", None)
    if not isinstance(stack, nn.ModuleList):
        raise InputError(
            f"model.layers keeps layers of BERT-like encoders; {type(encoder).__name__} is none"
        )
    if max(layers) >= len(stack):
        raise InputError(f"model.layers names layer {max(layers)}; the encoder has {len(stack)}")
    body.layer = nn.ModuleList([stack[number] for number in layers])
    encoder.config.num_hidden_layers = len(layers)


def _limit_activations(encoder: PreTrainedModel, limit: float) -> None:
    """Clip the feed-forward activations of BERT-like layers; other encoders stay as they are."""
    bounded = 0
    for module in encoder.modules():
        if isinstance(getattr(module, "intermediate_act_fn", None), GELUActivation):
            module.intermediate_act_fn = ClippedGELUActivation(-limit, limit)
            bounded += 1
    if not bounded:
        logger.info("%s has no activations that can be bounded", type(encoder).__name__)


AutoConfig.register("moment", MomentConfig)
AutoModel.register(MomentConfig, MomentModel)
