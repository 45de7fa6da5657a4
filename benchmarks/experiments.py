"""What was tried to make the model better: fits side by side on the validation split.

    python -m benchmarks.experiments models/base models/rates --extra real.jsonl --title "Rates"

Appends a table to benchmarks/results/experiments.md. The first fit is the one the others are held
against: of each other only what differs in its configuration is named. Scores are those of the
fitted network in torch on the validation part's own segments. The benchmark of real feedback is not
looked at here: what is chosen by it could not be judged by it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from mot_nlp.decoding import Decoder
from mot_nlp.encoding import WindowEncoder
from mot_nlp.taxonomy import read_taxonomy
from training.checkpoint import fit_name, load_fitted
from training.corpus import gather, written
from training.evaluate import chosen_arrays, gold_arrays, score_labels, torch_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

RESULTS = Path(__file__).parent / "results" / "experiments.md"
TAXONOMY = Path("training/configs/taxonomy.toml")
_UNTOLD = {("fit", "precision"), ("fit", "save_steps"), ("fit", "report_to"), ("data", "corpus")}


def settings(folder: Path) -> dict[tuple[str, str], Any]:
    """The configuration of a fit, flat."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    flat = {
        (table, key): value
        for table, values in run["config"].items()
        for key, value in values.items()
        if (table, key) not in _UNTOLD
    }
    return flat | {("fit", "seeds"): run["seeds"]} if "seeds" in run else flat


def differences(folder: Path, base: Path) -> str:
    """What differs in a fit from the one it is held against."""
    before = settings(base)
    told = [
        f"{key} {_short(value)}"
        for (table, key), value in settings(folder).items()
        if before.get((table, key)) != value
    ]
    return ", ".join(told) or "—"


def _short(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(_short, value)) or "none"
    return fit_name(Path(value)) if isinstance(value, str) and "/" in value else str(value)


def figures(
    folder: Path, validation: list[LabelledDocument], taxonomy: Taxonomy
) -> dict[str, dict[str, Any]]:
    """Scores of a fit on the whole validation split, its written and its real part."""
    model = load_fitted(folder)
    encoder = WindowEncoder.from_file(folder / "tokenizer.json", window=model.config.window)
    scores = torch_scores(model, encoder, validation)
    gold, found = gold_arrays(validation, taxonomy), chosen_arrays(scores, Decoder(taxonomy, {}))
    own = np.array([written(d) for d in validation for _ in d.segments])
    parts = {"all": np.ones(len(own), bool), "written": own, "real": ~own}
    return {
        name: score_labels(_part(gold, rows), _part(found, rows))
        for name, rows in parts.items()
        if rows.any()
    }


def _part(labels: dict[str, NDArray[Any]], rows: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    return {head: values[rows] for head, values in labels.items()}


def run(
    fits: Annotated[list[Path], typer.Argument(help="Folders that training fit wrote.")],
    title: Annotated[str, typer.Option(help="What was tried.")],
    extra: Annotated[list[Path] | None, typer.Option(help="As for the fits.")] = None,
    corpus: Annotated[Path, typer.Option(help="As for the fits.")] = Path("data/corpus"),
    out: Annotated[Path, typer.Option(help="Page to append to.")] = RESULTS,
) -> None:
    """Score the fits and append a table."""
    taxonomy = read_taxonomy(TAXONOMY)
    validation = gather(corpus, extra or [], taxonomy)["validation"]
    folders = [folder / "fitted" if (folder / "fitted").is_dir() else folder for folder in fits]
    lines = [
        f"## {title}",
        "",
        f"{len(validation):,} validation documents.",
        "",
        "| fit | what differs | stage | moment | touchpoint | sentiment | pivotal | core | exact "
        "| core, written | core, real |",
        "| --- | --- |" + " ---: |" * 9,
    ]
    for folder in folders:
        found = figures(folder, validation, taxonomy)
        cells = [found["all"][head]["macro_f1"] for head in taxonomy.heads]
        cells += [found["all"]["core_mean_macro_f1"], found["all"]["core_exact"]]
        parts = [found.get(part, {}).get("core_mean_macro_f1") for part in ("written", "real")]
        row = " | ".join("—" if cell is None else f"{cell:.3f}" for cell in (*cells, *parts))
        lines.append(f"| {fit_name(folder)} | {differences(folder, folders[0])} | {row} |")
    page = out.read_text(encoding="utf-8") if out.is_file() else _HEAD
    out.write_text(page + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    typer.echo("\n".join(lines))


_HEAD = """# Experiments

Tables by `python -m benchmarks.experiments`: fits side by side on the validation split (documents no
fit learned from, the project's own and real ones), scored in torch on the gold segments. The first
row of a table is what the others are held against. One seed each unless said otherwise, so small
differences say little.
"""


if __name__ == "__main__":
    typer.run(run)
