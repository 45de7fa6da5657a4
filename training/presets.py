"""Named configurations, and what overrides them: a preset, then a file, then flags."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from training.checkpoint import DEFAULT_ENCODER
from training.config import Config, read_config, with_values

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "configs" / "presets"
PRESETS = ("quick", "standard", "thorough")
CHECKPOINT = "models/mot-minilm/checkpoint"
"""The shipped model in half precision, which presets start from; it is written at release time."""


def preset(name: str, base: Config | None = None) -> Config:
    """A preset.

    Args:
        name: One of ``PRESETS``.
        base: What holds for keys that the preset leaves out; their defaults if None.

    Raises:
        InputError: There is none of this name.
    """
    if name not in PRESETS:
        raise InputError(f"no preset {name!r}; the presets are {', '.join(PRESETS)}")
    return read_config(FOLDER / f"{name}.toml", base)


def resolve(
    *, name: str | None = None, file: Path | None = None, flags: Mapping[str, Any] | None = None
) -> tuple[Config, dict[str, str]]:
    """The configuration that a preset, a file and flags give, later ones counting more.

    Where a preset's start, the shipped checkpoint, is not at hand, the default encoder takes its
    place.

    Args:
        name: One of ``PRESETS``, or None.
        file: A TOML file, or None.
        flags: Values by table, as ``{"fit": {"seed": 3}}``.

    Returns:
        The configuration; and of values that are not the default, who set them, by their names.

    Raises:
        InputError: The preset or the file cannot be found, or a value is not allowed.
    """
    config, origins = Config(), dict[str, str]()
    if name:
        config = _noted(origins, f"preset {name}", config, preset(name, config))
    if file:
        config = _noted(origins, str(file), config, read_config(file, config))
    config = _noted(origins, "flag", config, with_values(config, flags or {}))
    from_preset = origins.get("model.encoder", "").startswith("preset")
    if from_preset and not (Path(config.model.encoder) / "config.json").is_file():
        logger.warning(
            "no checkpoint of the shipped model at %s (it comes with a release); starting from the "
            "encoder %s, which knows no labels yet and needs more rows",
            config.model.encoder,
            DEFAULT_ENCODER,
        )
        fallen = replace(config, model=replace(config.model, encoder=DEFAULT_ENCODER))
        config = _noted(origins, "no checkpoint at hand", config, fallen)
    return config, origins


def _noted(origins: dict[str, str], who: str, before: Config, after: Config) -> Config:
    """``after``, with who changed which values noted in ``origins``."""
    old = before.values()
    origins |= {key: who for key, value in after.values().items() if value != old[key]}
    return after
