"""Fine-tuning with the transformers Trainer: seeded, resumable, on any AutoModel encoder."""

from __future__ import annotations

import json
import logging
import platform
import shutil
import statistics
import time
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.checkpoint import first_encoder, fit_name, resolve_encoder, sha256_of
from training.collate import Collator, examples
from training.corpus import each_alone, fingerprint, gather
from training.distil import teacher_scores
from training.emoji import teach, with_emojis
from training.evaluate import quick_scores
from training.losses import MultiHeadLoss, stack_labels
from training.model import MomentModel
from training.narrow import SAMPLE, narrow
from training.noise import roughened
from training.optimizer import optimizer
from training.repeatable import RepeatableTrainer, StepSeed
from training.rounding import round_inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datasets import Dataset

    from training.config import Config
    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)

FITTED = "fitted"
RUN = "run.json"


def fit(config: Config, out: Path, *, extra: Sequence[Path] = (), resume: bool = True) -> Path:
    """Fit a model and write it to ``out/fitted``.

    An interrupted fit with the same configuration and data goes on from its last checkpoint.

    Args:
        config: What to fit, on what, and how.
        out: Folder for checkpoints, the fitted model and ``run.json``.
        extra: Labelled JSON Lines files to learn from beside those of the configuration.
        resume: Whether to go on from checkpoints in ``out``.

    Returns:
        The folder of the fitted model.

    Raises:
        InputError: Data or encoder cannot be found or read, or ``out`` holds checkpoints of a
            fit with another configuration or other data.
    """
    taxonomy = read_taxonomy(Path(config.model.taxonomy))
    files = [*map(Path, config.data.extra), *extra]
    splits = gather(Path(config.data.corpus), files, taxonomy)
    return fit_splits(config, splits, out, extra=[path.name for path in files], resume=resume)


def fit_splits(
    config: Config,
    splits: Mapping[str, Sequence[LabelledDocument]],
    out: Path,
    *,
    extra: Sequence[str] = (),
    resume: bool = True,
) -> Path:
    """Fit a model to documents at hand, as :func:`fit` does.

    Args:
        config: What to fit and how; its data paths are only recorded.
        splits: Documents by ``train`` and ``validation``.
        out: Folder for checkpoints, the fitted model and ``run.json``.
        extra: Names of the files that joined the corpus, for the record.
        resume: Whether to go on from checkpoints in ``out``.
    """
    taxonomy = read_taxonomy(Path(config.model.taxonomy))
    precision = _precision(config, out / RUN, resume=resume)
    config = replace(config, fit=replace(config.fit, precision=precision))
    if not config.data.context:
        splits = {name: each_alone(documents) for name, documents in splits.items()}
    run = _record(config, splits, extra)
    checkpoint = _claim(out, json.loads(json.dumps(run)), resume=resume)

    set_seed(config.fit.seed)
    encoder_folder = resolve_encoder(config.model.encoder)
    model = MomentModel.from_encoder(encoder_folder, taxonomy, config.model)
    tokenizer = _tokenizer(encoder_folder, model, config)
    window_encoder = WindowEncoder(tokenizer, window=config.model.window)
    if config.model.feed_forward:
        sample = splits["train"][:: max(1, len(splits["train"]) // SAMPLE)]
        narrow(model, sample, window_encoder, config.model.feed_forward)
    if config.model.rounding:
        round_inputs(model)
    teachers = list(map(Path, config.distil.teachers))
    soft = teacher_scores(teachers, splits["train"], taxonomy) if teachers else None
    # Teachers have read the clean texts: what they said of those holds for the rough ones.
    rough = roughened(splits["train"], config.data.rough, seed=config.fit.seed)
    train = examples(rough, window_encoder, taxonomy, soft=soft)
    validation = examples(splits["validation"], window_encoder, taxonomy)
    loss = MultiHeadLoss(taxonomy, stack_labels(train["labels"]), config.loss, config.distil)
    trainer = _trainer(config, out, model, (train, validation), window_encoder.padding, loss)
    trainer.compute_metrics = lambda given: quick_scores(
        np.asarray(given.predictions), np.asarray(given.label_ids), taxonomy
    )
    trainer.train(resume_from_checkpoint=checkpoint)

    folder = out / FITTED
    model.eval().save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "taxonomy.toml").write_bytes(Path(config.model.taxonomy).read_bytes())
    log = [entry for entry in trainer.state.log_history if "eval_core" in entry]
    (folder / RUN).write_text(json.dumps(run | {"log": log}, indent=2) + "\n", encoding="utf-8")
    return folder


def _record(
    config: Config, splits: Mapping[str, Sequence[LabelledDocument]], extra: Sequence[str]
) -> dict[str, Any]:
    """What a fit is: two fits with the same record give the same model on the same machine."""
    return {
        "config": asdict(config),
        "extra": list(extra),
        "data_sha256": {name: fingerprint(documents) for name, documents in splits.items()},
        "documents": {name: len(documents) for name, documents in splits.items()},
        "segments": {name: sum(len(d.segments) for d in docs) for name, docs in splits.items()},
        "first_encoder": first_encoder(config.model.encoder),
        "weights_sha256": {
            fit_name(folder): sha256_of(folder / "model.safetensors")
            for folder in map(Path, (config.model.encoder, *config.distil.teachers))
            if (folder / "model.safetensors").is_file()
        },
        "versions": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
        "machine": platform.machine(),
    }


def _tokenizer(folder: Path, model: MomentModel, config: Config) -> Tokenizer:
    """The encoder's tokenizer; emojis it did not know are added, and taught to the model."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if config.model.emojis:
        tokenizer, taken = with_emojis(tokenizer)
        teach(model.encoder.get_input_embeddings(), tokenizer, taken)
    return tokenizer


def _claim(out: Path, run: dict[str, Any], *, resume: bool) -> str | None:
    """Record what this fit is; return the checkpoint to go on from, if any."""
    out.mkdir(parents=True, exist_ok=True)
    record = out / RUN
    if not resume:
        # Left standing, an old checkpoint would be taken for this fit's should it be interrupted.
        for old in out.glob("checkpoint-*"):
            shutil.rmtree(old)
    checkpoint = get_last_checkpoint(str(out))
    if checkpoint:
        if not record.is_file():
            raise InputError(
                f"{out} holds checkpoints but no {RUN} to say of what; name another --out, or "
                "pass --restart to begin again"
            )
        before = json.loads(record.read_text(encoding="utf-8"))
        differing = sorted(key for key in run if before.get(key) != run[key])
        if differing:
            raise InputError(
                f"{out} holds checkpoints of another fit (other {', '.join(differing)}); "
                "name another --out, or pass --restart to begin again"
            )
        logger.info("going on from %s", checkpoint)
    record.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
    return checkpoint


def _trainer(
    config: Config,
    out: Path,
    model: MomentModel,
    data: tuple[Dataset, Dataset],
    padding: int,
    loss: MultiHeadLoss,
) -> RepeatableTrainer:
    arguments = TrainingArguments(
        output_dir=str(out),
        num_train_epochs=config.fit.epochs,
        per_device_train_batch_size=config.fit.batch_size,
        per_device_eval_batch_size=config.fit.batch_size,
        learning_rate=config.fit.learning_rate,
        warmup_steps=config.fit.warmup,
        weight_decay=config.fit.weight_decay,
        lr_scheduler_type="linear",
        seed=config.fit.seed,
        data_seed=config.fit.seed,
        bf16=config.fit.precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        remove_unused_columns=False,
        label_names=["labels"],
        eval_strategy="epoch",
        save_strategy="steps",
        save_steps=config.fit.save_steps,
        save_total_limit=2,
        logging_steps=50,
        report_to=list(config.fit.report_to),
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=None,
    )
    return RepeatableTrainer(
        model=model,
        args=arguments,
        train_dataset=data[0],
        eval_dataset=data[1],
        data_collator=Collator(padding),
        compute_loss_func=loss,
        callbacks=[StepSeed()],
        optimizers=(optimizer(model, config.fit), None),
    )


def _precision(config: Config, record: Path, *, resume: bool) -> str:
    """What to compute in; a fit that is resumed keeps what it began with."""
    if config.fit.precision != "auto":
        return config.fit.precision
    if resume and record.is_file():
        before = json.loads(record.read_text(encoding="utf-8"))
        return str(before["config"]["fit"]["precision"])
    return "bf16" if bf16_pays() else "fp32"


def bf16_pays() -> bool:
    """Whether this machine computes in bf16, and faster than in fp32.

    Having the instructions is not enough: some processors run them slower than fp32.
    """
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    if not any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16")):
        return False
    return _matmul_seconds(torch.bfloat16) < _matmul_seconds(torch.float32)


def _matmul_seconds(dtype: torch.dtype) -> float:
    """Median time of a matrix product of the encoder's size."""
    left, right = torch.ones(1536, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    times = []
    for _ in range(15):
        start = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - start)
    return statistics.median(times)
