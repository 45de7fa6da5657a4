"""How a model came about, in a sentence or two of its card."""

from __future__ import annotations

from typing import Any


def fitting(run: dict[str, Any]) -> str:
    """How the weights came about.

    Args:
        run: The manifest's ``run``.
    """
    config = run["config"]
    told = _heads_alone(run) if config["fit"].get("method") == "heads" else _every_weight(run)
    if trials := run.get("trials"):
        told += f" Its settings did best of {trials} in cross-validation over the training part."
    if teachers := config.get("distil", {}).get("teachers"):
        told += (
            f" Beside the labels it learned from the mean scores of {len(teachers)} larger fits "
            f"({', '.join(teachers)}; weight {config['distil']['weight']:g})."
        )
    if config.get("distil", {}).get("start"):
        told += " Beside the labels, the model that it started from taught it what it knew already."
    return told + _made_smaller(config)


def _heads_alone(run: dict[str, Any]) -> str:
    told = (
        "The heads alone were fitted by `python -m training fit`, the encoder left as it was; how far "
        "each departs from where it started was chosen by cross-validation over the training part."
    )
    if unmoved := run.get("unmoved"):
        told += f" Left as they were, since nothing did better: {', '.join(unmoved)}."
    return told + _seeds(run, " Seed {}.")


def _every_weight(run: dict[str, Any]) -> str:
    settings, epoch = run["config"]["fit"], run.get("epoch")
    if settings.get("patience") and epoch is not None:
        told = (
            f"Fine-tuned by `python -m training fit` until the validation part got no better, epoch "
            f"{epoch:g} of at most {settings['epochs']:g} being kept"
        )
    else:
        told = f"Fine-tuned for {settings['epochs']:g} epochs by `python -m training fit`"
    return told + _seeds(run, ", seed {}.")


def _seeds(run: dict[str, Any], one: str) -> str:
    seeds = run.get("seeds", [run["config"]["fit"]["seed"]])
    if len(seeds) == 1:
        return one.format(seeds[0])
    return f"; the weights are the mean of {len(seeds)} fits (seeds {', '.join(map(str, seeds))})."


def _made_smaller(config: dict[str, Any]) -> str:
    """What was cut from the encoder, and what else was done to the texts and numbers it read."""
    model, told = config["model"], ""
    if layers := model.get("layers"):
        told += f" It keeps layers {', '.join(map(str, layers))} of the encoder, counted from 0."
    if width := model.get("feed_forward"):
        told += f" Every layer keeps the {width:,} feed-forward units that matter most."
    if model.get("rounding"):
        told += " Inputs of products were rounded to 8 bits while it was fitted."
    if rough := config["data"].get("rough"):
        told += f" {rough:.0%} of its training texts were given typos or stripped of stops or case."
    return told


def split_told(data: dict[str, Any]) -> str:
    """How own rows were split, and what was left out; empty for models of the corpus.

    Args:
        data: The manifest's ``data``.
    """
    if not data.get("own"):
        return ""
    by, given = data.get("group"), data.get("split_given")
    told = (
        "The rows say themselves to which part they belong."
        if given
        else f"They were split by {by}, which stands on one side only."
        if by
        else "They were split by document."
    )
    if left_out := data.get("left_out"):
        told += f" Held-out documents that others give away were left out: {left_out:,}."
    if set_aside := data.get("set_aside"):
        told += f" Rows that could not be used were set aside: {set_aside:,}."
    return told
