"""Configurations as TOML: read over what holds already, and written."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from mot_nlp.errors import InputError
from training.config.sections import Config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.config.sections import (
        DataConfig,
        DistilConfig,
        FitConfig,
        HeadsConfig,
        LossConfig,
        ModelConfig,
        SearchConfig,
    )

Section = TypeVar(
    "Section",
    bound="DataConfig | ModelConfig | FitConfig | LossConfig | HeadsConfig | SearchConfig | DistilConfig",
)

_KINDS = {"str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false"}


def read_config(path: Path, base: Config | None = None) -> Config:
    """Read a configuration.

    Args:
        path: A TOML file.
        base: What holds for keys that the file leaves out; their defaults if None.

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
    return with_values(base or Config(), table, where=f"{path}: ")


def with_values(config: Config, values: Mapping[str, Any], *, where: str = "") -> Config:
    """The configuration with some of its values replaced.

    Args:
        config: Where to begin.
        values: By table, as TOML has them: ``{"fit": {"epochs": 3}}``.
        where: Comes before what is said of a fault.

    Raises:
        InputError: A table, a key or a value is not allowed.
    """
    names = [entry.name for entry in fields(config)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise InputError(f"{where}unknown table {unknown}; the tables are {sorted(names)}")
    return replace(
        config,
        **{
            name: _section(getattr(config, name), table, f"{where}[{name}]")
            for name, table in values.items()
        },
    )


def as_toml(config: Config) -> str:
    """The configuration as a TOML file that :func:`read_config` reads back; what is open is left out."""
    lines = []
    for table in fields(config):
        lines.append(f"[{table.name}]")
        section = getattr(config, table.name)
        lines += [
            f"{key.name} = {json.dumps(value, ensure_ascii=False)}"
            for key in fields(section)
            if (value := getattr(section, key.name)) is not None
        ]
        lines.append("")
    return "\n".join(lines)


def _section(section: Section, table: object, where: str) -> Section:
    if not isinstance(table, dict):
        raise InputError(f"{where} is {table!r}; write a table of keys")
    known = {entry.name: str(entry.type).removesuffix(" | None") for entry in fields(section)}
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise InputError(f"{where}: unknown key {unknown}; the keys are {list(known)}")
    values: dict[str, Any] = {
        key: _value(value, known[key], f"{where}: {key}") for key, value in table.items()
    }
    return replace(section, **values)


def _value(value: object, kind: str, where: str) -> object:
    """The value as a field of this type holds it.

    Raises:
        InputError: It is of another type.
    """
    if kind.startswith("tuple["):
        if not isinstance(value, list | tuple):
            raise InputError(f"{where} is a list; write [{value!r}]")
        own = kind.removeprefix("tuple[").removesuffix(", ...]")
        return tuple(_value(entry, own, f"an entry of {where}") for entry in value)
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ != kind:
        raise InputError(f"{where} is {value!r}; write {_KINDS[kind]}")
    return value
