import numpy as np
import pytest
import torch
from torch.nn import functional

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from training.collate import MISSING
from training.config import LossConfig
from training.losses import MultiHeadLoss, class_weights

PLAIN = LossConfig(class_weight_power=0.0, label_smoothing=0.0)


@pytest.fixture(scope="module")
def taxonomy():
    return read_taxonomy(TAXONOMY)


def random_batch(taxonomy, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn((6, taxonomy.width), generator=generator)
    labels = torch.stack(
        [torch.randint(len(h.labels), (6,), generator=generator) for h in taxonomy.heads.values()],
        1,
    )
    return logits, labels


def test_plain_loss_is_the_mean_of_the_heads_cross_entropies(taxonomy):
    logits, labels = random_batch(taxonomy)
    loss = MultiHeadLoss(taxonomy, labels.numpy(), PLAIN)
    expected = [
        functional.cross_entropy(logits[:, part], labels[:, i])
        for i, part in enumerate(taxonomy.slices().values())
    ]
    assert torch.isclose(loss({"logits": logits}, labels), torch.stack(expected).mean())


def test_missing_labels_do_not_count(taxonomy):
    logits, labels = random_batch(taxonomy)
    loss = MultiHeadLoss(taxonomy, labels.numpy(), PLAIN)
    gone = labels.clone()
    gone[3:, 0] = MISSING
    worse = logits.clone()
    worse[3:, taxonomy.slices()["stage"]] += torch.randn(3, 5) * 10
    assert torch.equal(loss({"logits": logits}, gone), loss({"logits": worse}, gone))
    gone[:, :] = MISSING
    assert loss({"logits": logits}, gone) == 0


def test_rare_labels_weigh_more_up_to_the_cap():
    weights = class_weights(np.array([900, 90, 10]), power=0.5, cap=4.0)
    assert weights[0] < weights[1] < weights[2]
    assert (weights * [900, 90, 10]).sum() == pytest.approx(1000)
    capped = class_weights(np.array([900, 90, 10]), power=1.0, cap=4.0)
    assert capped[2] / capped[1] == pytest.approx(4.0 / (1000 / 3 / 90))
    assert class_weights(np.array([5, 0]), power=0.0, cap=4.0).tolist() == [1.0, 1.0]


def test_a_head_without_any_label_weighs_nothing_and_breaks_nothing(taxonomy):
    assert class_weights(np.array([0, 0, 0]), power=0.5, cap=4.0).tolist() == [1.0] * 3
    logits, labels = random_batch(taxonomy)
    labels[:, 1] = MISSING
    logits.requires_grad_()
    loss = MultiHeadLoss(taxonomy, labels.numpy(), LossConfig())({"logits": logits}, labels)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()
    assert not logits.grad[:, list(taxonomy.slices().values())[1]].any()
