"""What a job is: its input, model and options, by which the same command finds its work again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mot_nlp.batch.folder import replacing
from mot_nlp.batch.parts import SCHEMA_VERSION
from mot_nlp.errors import JobError
from mot_nlp.readers import is_url
from mot_nlp.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.batch.options import JobOptions
    from mot_nlp.bundle import Bundle
    from mot_nlp.readers import Source

FORMAT_VERSION = 1
"""Version of the job's folder."""

MAKER = "mot-nlp"

_NAMED = {
    "input": "the input",
    "model": "the model",
    "options": "an option",
    "version": "the version of mot-nlp",
    "format": "the format of the folder",
    "schema": "the schema of the parts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a job is.

    Attributes:
        input: For each file its name, format, size, what its documents' ids begin with, and the
            SHA-256 of its bytes, or of a remote file the version that its store gives.
        model: Name, SHA-256 and precision.
        options: All that ``JobOptions`` holds.
        kinds: Kinds of the kept columns, told by the first rows.
        made_by: ``mot-nlp``, by which its manifests are known.
        version: Version of mot-nlp.
        format: Version of the folder.
        schema: Version of the columns of its parts.
    """

    input: list[dict[str, Any]]
    model: dict[str, str]
    options: dict[str, Any]
    kinds: dict[str, str]
    made_by: str = MAKER
    version: str = VERSION
    format: int = FORMAT_VERSION
    schema: int = SCHEMA_VERSION

    @classmethod
    def of(
        cls,
        fingerprints: list[dict[str, Any]],
        bundle: Bundle,
        precision: str,
        options: JobOptions,
    ) -> Self:
        """The manifest of a job, the kinds of its kept columns not known yet."""
        return cls(
            input=fingerprints,
            model=bundle.identity | {"precision": precision},
            options=json.loads(json.dumps(asdict(options))),  # lists for tuples, as they are read
            kinds={},
        )

    @property
    def sha256(self) -> str:
        """Hash of everything in it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def differences(self, other: Manifest) -> list[str]:
        """What ``other`` has otherwise, in words, apart from the kinds of columns."""
        ours, theirs = asdict(self), asdict(other)
        return [
            f"{what}: {difference}"
            for name, what in _NAMED.items()
            for difference in _differences(ours[name], theirs[name])
        ]

    def write(self, path: Path, *, shards: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Write it.

        Args:
            path: The file.
            shards: What is told of each shard, of a job that is done.

        Raises:
            OutputError: It cannot be written.
        """
        table = asdict(self) if shards is None else asdict(self) | {"shards": list(shards)}
        with replacing(path) as hidden:
            hidden.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_manifest(path: Path) -> tuple[Manifest, bool] | None:
    """The manifest of a job and whether the job is done; None if there is none.

    Raises:
        JobError: The file is no manifest.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        is_done = table.pop("shards", None) is not None
        if table["made_by"] != MAKER:
            raise ValueError("it was made by something else")
        return Manifest(**table), is_done
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise JobError(f"{path} is no manifest of a job ({error}); name another folder") from error


def fingerprints(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """What tells each file from what it was; local ones are read once for it."""
    return [_fingerprint(source) for source in sources]


def _fingerprint(source: Source) -> dict[str, Any]:
    told = {
        "name": source.name,
        "format": source.format,
        "size": source.size,
        "prefix": source.prefix,
        "document_id": source.document_id,
    }
    if source.is_standard_input:
        return told
    if is_url(source.path):
        return told | {"version": source.version}
    try:
        with Path(source.path).open("rb") as file:
            return told | {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError as error:  # it is set aside when its turn comes
        return told | {"sha256": f"none: {error.strerror}"}


def _differences(ours: object, theirs: object, name: str = "") -> list[str]:
    """Where two values of JSON differ, in words."""
    if ours == theirs:
        return []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [
            difference
            for key in dict.fromkeys([*ours, *theirs])
            for difference in _differences(
                ours.get(key), theirs.get(key), f"{name}.{key}" if name else key
            )
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [
            difference
            for mine, other in zip(ours, theirs, strict=True)
            for difference in _differences(
                mine, other, name or str(mine.get("name", "")) if isinstance(mine, dict) else name
            )
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and not name:
        return [f"{len(theirs):,} files instead of {len(ours):,}"]
    return [
        f"{name} is {theirs!r} instead of {ours!r}" if name else f"{theirs!r} instead of {ours!r}"
    ]
