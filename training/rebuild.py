"""A fitted model's own documents again: gathered as the fit gathered them, and held against its hashes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.config import Config, with_values
from training.corpus import each_alone, fingerprint
from training.manifest import RUN
from training.model import carried_rows
from training.splitting import documents_of
from training.start import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.taxonomy import Taxonomy
    from training.config import DataConfig
    from training.corpus import LabelledDocument
    from training.splitting import Split


@dataclass(frozen=True, slots=True)
class FittedRun:
    """A fitted model with what it was fitted on.

    Attributes:
        folder: Folder of the fitted model.
        run: What its ``run.json`` says.
        config: The configuration in it.
        taxonomy: Labels.
        split: Documents by part, as the fit had them.
        extra: Names of the labelled files that joined the corpus or the own rows.
    """

    folder: Path
    run: dict[str, Any]
    config: Config
    taxonomy: Taxonomy
    split: Split
    extra: tuple[str, ...]

    def part(self, name: str) -> Sequence[LabelledDocument]:
        """Documents of a part, which may be none."""
        return self.split.parts.get(name, ())

    def informed_heads(self) -> list[str]:
        """Heads that know something: of labels in train, or from the model that the fit started from.

        The scores of all others are as good as noise, of which no exported graph says the same.
        """
        taught = {head for d in self.part("train") for labels in d.labels for head in labels}
        start = Path(self.config.model.encoder)
        carried = carried_rows(start, self.taxonomy) if (start / "config.json").is_file() else {}
        return [
            head
            for head, part in self.taxonomy.slices().items()
            if head in taught or all(row in carried for row in range(part.start, part.stop))
        ]


def read_fitted(
    fitted: Path, *, extra: Sequence[Path] = (), labelled: Sequence[Path] = ()
) -> FittedRun:
    """Read what a model was fitted on.

    Args:
        fitted: Folder that :func:`training.fit.fit` returned, or the one above.
        extra: The labelled files that the fit was given beside those of its configuration.
        labelled: The own rows of the fit, where they are no longer where the fit found them.

    Raises:
        InputError: There is no fitted model, or the documents at hand are not those of the fit.
    """
    folder = Path(meant(str(fitted)))
    path = folder / RUN
    if not path.is_file():
        raise InputError(
            f"no fitted model in {fitted}; name the folder 'fitted' that 'python -m training fit' wrote"
        )
    run = json.loads(path.read_text(encoding="utf-8"))
    config = with_values(Config(), run["config"], where=f"{path}: ")
    taxonomy = read_taxonomy(folder / "taxonomy.toml")
    split = documents_of(_data(config.data, labelled), extra, taxonomy)
    _check_same(run, split, in_context=config.data.context)
    if not split.parts["validation"]:
        raise InputError(
            "the validation part is empty, so nothing can be calibrated or held against torch; fit on "
            "more documents"
        )
    names = (*config.data.extra, *map(str, extra))
    return FittedRun(folder, run, config, taxonomy, split, tuple(Path(n).name for n in names))


def _data(data: DataConfig, labelled: Sequence[Path]) -> DataConfig:
    """Where the documents of the fit are now."""
    if labelled and not data.labelled:
        raise InputError(
            "--labelled says where the own rows of a fit are, and this one was fitted on the corpus; "
            "leave it out"
        )
    data = replace(data, labelled=tuple(map(str, labelled)) or data.labelled)
    gone = next((path for path in data.labelled if not Path(path).is_file()), None)
    if gone:
        raise InputError(
            f"the labelled rows of the fit are not at {gone}; name where they are with --labelled"
        )
    return data


def _check_same(run: dict[str, Any], split: Split, *, in_context: bool) -> None:
    """Hold the documents against the hashes of the fit.

    Raises:
        InputError: They differ.
    """
    for part, expected in run["data_sha256"].items():
        documents = list(split.parts.get(part, ()))
        if fingerprint(documents if in_context else each_alone(documents)) == expected:
            continue
        files = ", ".join(run["extra"]) or "no extra files"
        told = f"the fit used {files}" if split.own else f"the fit used the corpus and {files}"
        raise InputError(
            f"the {part} split differs from the one of the fit: {len(documents):,} documents, "
            f"{run['documents'].get(part, 0):,} then; {told}. Bring back the rows as they were, name the "
            "same files with --extra, or fit again"
        )
