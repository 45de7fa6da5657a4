import contextlib

import numpy as np
import pytest
import torch

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import OWN_TAXONOMY, TAXONOMY
from training.collate import MISSING
from training.config import FitConfig
from training.precision import repeatable, settled
from training.trainer import check_trackers, validation_scores, waited

SHIPPED, OWN = read_taxonomy(TAXONOMY), read_taxonomy(OWN_TAXONOMY)


def scored(taxonomy, gold, predicted):
    """Figures where some heads are labelled: label indices by head, two segments each."""
    names = list(taxonomy.heads)
    labels = np.full((2, len(names)), MISSING)
    logits = np.zeros((2, taxonomy.width))
    for head, part in taxonomy.slices().items():
        if head in gold:
            labels[:, names.index(head)] = gold[head]
            for row, label in enumerate(predicted[head]):
                logits[row, part.start + label] = 1
    return validation_scores(logits, labels, taxonomy)


def test_the_mean_is_over_heads_that_have_labels():
    found = scored(
        SHIPPED, {"stage": [0, 1], "pivotal": [0, 1]}, {"stage": [0, 1], "pivotal": [0, 0]}
    )
    assert found == {
        "stage": 1.0, "core": 1.0, "pivotal": pytest.approx(1 / 3, abs=1e-4),
        "mean": pytest.approx(2 / 3, abs=1e-4),
    }  # fmt: skip


def test_heads_outside_the_core_are_enough():
    found = scored(SHIPPED, {"touchpoint": [0, 1]}, {"touchpoint": [0, 1]})
    assert found == {"touchpoint": 1.0, "mean": 1.0}
    assert validation_scores(np.zeros((0, SHIPPED.width)), np.zeros((0, 5), int), SHIPPED) == {
        "mean": 0.0
    }


def test_a_question_of_several_labels_counts_once():
    right, wrong = {"effort": [0, 1]}, {"emotion.joy": [1, 1], "emotion.anger": [1, 1]}
    found = scored(OWN, right | wrong, right | {name: [0, 0] for name in wrong})
    assert found["mean"] == 0.5


@pytest.mark.parametrize(
    ("means", "epochs"),
    [([], 0), ([0.5], 0), ([0.5, 0.6], 0), ([0.6, 0.5, 0.6], 2), ([0.1, 0.7, 0.2, 0.3], 2)],
)
def test_waiting_counts_from_the_first_best_epoch(means, epochs):
    log = [entry for mean in means for entry in ({"loss": 1.0}, {"eval_mean": mean})]
    assert waited(log) == epochs


def test_installed_trackers_pass_and_others_are_named():
    check_trackers(["tensorboard"])
    with pytest.raises(InputError, match="no_such_tracker is not installed; pip install"):
        check_trackers(["tensorboard", "no_such_tracker"])


def test_what_is_left_open_is_settled_once():
    found = settled(FitConfig())
    assert found.precision in ("bf16", "fp32")
    assert found.threads == torch.get_num_threads()
    before = {"precision": "bf16", "threads": 3}
    assert settled(FitConfig(), before) == FitConfig(precision="bf16", threads=3)
    asked = FitConfig(precision="fp32", threads=2)
    assert settled(asked, before) == asked


def test_threads_and_exactness_are_as_they_were_afterwards():
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled())
    with contextlib.suppress(KeyboardInterrupt), repeatable(before[0] + 1):
        assert torch.get_num_threads() == before[0] + 1
        assert torch.are_deterministic_algorithms_enabled()
        raise KeyboardInterrupt
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before
