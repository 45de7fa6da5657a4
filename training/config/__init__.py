"""What a fit is made with: typed tables, read from TOML and checked."""

from training.config.files import as_toml, read_config, with_values
from training.config.sections import (
    METHODS,
    PRECISIONS,
    TRACKERS,
    Config,
    DataConfig,
    DistilConfig,
    FitConfig,
    HeadsConfig,
    LossConfig,
    ModelConfig,
    SearchConfig,
)

__all__ = [
    "METHODS",
    "PRECISIONS",
    "TRACKERS",
    "Config",
    "DataConfig",
    "DistilConfig",
    "FitConfig",
    "HeadsConfig",
    "LossConfig",
    "ModelConfig",
    "SearchConfig",
    "as_toml",
    "read_config",
    "with_values",
]
