"""Correction for the model's errors: known worlds, explicit matrices, and what it must not touch."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mot_nlp.errors import InputError
from mot_nlp.tables.channel import channel, most_likely
from mot_nlp.tables.misclassification import axes
from mot_nlp.tables.shipped import shipped
from mot_nlp.tables.table import SHARE_INTERVAL, TABLE_COLUMNS, moment_table
from mot_nlp.taxonomy import parse_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = parse_taxonomy(
    {
        "format": 1,
        "heads": {
            "stage": {"labels": ["see", "buy", "use", "none"], "none": "none"},
            "moment": {"labels": ["zmot", "none", "fmot", "smot"], "none": "none"},
            "touchpoint": {"labels": ["web", "app", "none"], "none": "none"},
            "sentiment": {"labels": ["negative", "neutral", "positive"], "none": "neutral"},
            "pivotal": {"labels": ["no", "yes"], "none": "no"},
        },
        "pairs": {
            "allowed": [
                ["see", "zmot"], ["buy", "fmot"], ["use", "fmot"], ["use", "smot"], ["none", "none"],
            ]
        },
        "rollups": {
            "journey": {"of": "stage", "before": ["see", "buy"], "after": ["use"], "none": ["none"]}
        },
    }
)  # fmt: skip
HEADS = tuple(TAXONOMY.heads)
STATES = [
    (*pair, touchpoint, sentiment, pivotal)
    for pair in TAXONOMY.pairs
    if pair[0] != "none"
    for touchpoint, sentiment, pivotal in product(
        ["web", "app"], ["negative", "neutral", "positive"], ["no", "yes"]
    )
]
NONE = ("none", "none", "none", "neutral", "no")
PAIRS = [pair for pair in TAXONOMY.pairs if pair[0] != "none"]
# How pairs, touchpoints, sentiments and pivotal are misread, rows adding up to 1.
KERNELS = (
    np.array([[0.8, 0.1, 0.0, 0.1], [0.1, 0.7, 0.1, 0.1], [0, 0.1, 0.7, 0.2], [0.1, 0, 0.1, 0.8]]),
    np.array([[0.85, 0.15], [0.3, 0.7]]),
    np.array([[0.75, 0.2, 0.05], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]]),
    np.array([[0.95, 0.05], [0.4, 0.6]]),
)
LOST = 0.08
FALSE = 0.2


@pytest.fixture(scope="module")
def world():
    """Held-out confusion, and feedback with another mix of truths: true and predicted rows."""
    rng = np.random.default_rng(20261122)
    held_out = segments(rng, 30_000, rng.dirichlet(np.full(len(STATES) + 1, 3.0)))
    gold, predicted = (rows(held_out[i], 30_000) for i in (0, 1))
    mix = rng.dirichlet(np.full(len(STATES) + 1, 0.7))
    true, read = segments(rng, 12_000, mix)
    return confusion(gold, predicted), rows(true, 5_000), rows(read, 5_000)


def segments(rng: np.random.Generator, n: int, mix) -> tuple[list, list]:
    """True and predicted states of n segments; state 0 is none."""
    true = rng.choice(len(mix), n, p=mix)
    return [label(s) for s in true], [label(misread(rng, s)) for s in true]


def misread(rng: np.random.Generator, state: int) -> int:
    if state == 0:
        return 0 if rng.random() > FALSE else int(rng.integers(1, len(STATES) + 1))
    if rng.random() < LOST:
        return 0
    shape = tuple(len(kernel) for kernel in KERNELS)
    found = [
        rng.choice(len(kernel), p=kernel[answer])
        for kernel, answer in zip(KERNELS, np.unravel_index(state - 1, shape), strict=True)
    ]
    return int(np.ravel_multi_index(found, shape)) + 1


def label(state: int) -> tuple[str, ...]:
    return STATES[state - 1] if state else NONE


def rows(labels: list, documents: int) -> pd.DataFrame:
    """One row a segment; consecutive segments share documents."""
    frame = pd.DataFrame(labels, columns=list(HEADS))
    return frame.assign(
        doc_id=[f"d{i * documents // len(labels)}" for i in range(len(labels))],
        sentiment_score=0.25,
        pivotal=frame["pivotal"] == "yes",
        n_segments=1,
        brand=np.where(np.arange(len(labels)) % 3 == 0, "Ode", "Lun"),
    )


def confusion(gold: pd.DataFrame, predicted: pd.DataFrame) -> dict[str, list[list[int]]]:
    out = {}
    for name, head in TAXONOMY.heads.items():
        labels = [False, True] if name == "pivotal" else list(head.labels)
        table = pd.crosstab(gold[name].to_numpy(), predicted[name].to_numpy())
        out[name] = table.reindex(index=labels, columns=labels, fill_value=0).to_numpy().tolist()
    return out


def identity(n: int = 1000) -> dict[str, list[list[int]]]:
    """A model that is always right."""
    return {
        "stage": np.diag([n, n, 2 * n, n]).tolist(),
        "moment": np.diag([n, n, 2 * n, n]).tolist(),
        "touchpoint": np.diag([2 * n, 2 * n, n]).tolist(),
        "sentiment": np.diag([n, 3 * n, n]).tolist(),
        "pivotal": np.diag([4 * n, n]).tolist(),
    }


def table(segments, by=("stage", "moment"), **options):
    return moment_table(segments, by, taxonomy=TAXONOMY, **options)


class TestCorrected:
    @pytest.mark.parametrize(
        "by",
        [("stage",), ("stage", "moment"), ("touchpoint",), ("stage", "touchpoint"), ("journey",),
         ("moment",), ("pivotal",), ("stage", "sentiment"), ("brand", "stage")],
        ids=str,
    )  # fmt: skip
    def test_comes_nearer_to_the_truth(self, world, by):
        known, true, read = world
        counted, found = table(read, by), table(read, by, correct=True, confusion=known)
        truth = counted[list(by)].merge(table(true, by), how="left")

        assert (found["share"] - truth["share"]).abs().mean() < 0.015
        assert found["share"].sum() == pytest.approx(1)
        assert error(found, truth, "share") < 0.5 * error(counted, truth, "share")
        if "sentiment" not in by:
            assert error(found, truth, "net_sentiment") < 0.5 * error(
                counted, truth, "net_sentiment"
            )
        held = (found["share_low"] <= truth["share"]) & (truth["share"] <= found["share_high"])
        assert held.mean() > 0.7

    def test_leaves_alone_what_it_does_not_estimate(self, world):
        known, _, read = world
        counted, found = table(read), table(read, correct=True, confusion=known)

        assert list(found.columns) == [*counted.columns, *SHARE_INTERVAL]
        same = ["stage", "moment", "n", "documents", "mean_score", "pivotal_share"]
        pd.testing.assert_frame_equal(found[same], counted[same])
        assert np.allclose(found[["positive", "neutral", "negative"]].sum(axis=1), 1)
        assert (found["net_low"] <= found["net_sentiment"]).all()
        assert (found["net_sentiment"] <= found["net_high"]).all()
        assert found[list(SHARE_INTERVAL)].stack().between(0, 1).all()

    @pytest.mark.parametrize(
        "by", [("stage", "moment"), ("touchpoint", "pivotal"), ("brand", "sentiment"), ()], ids=str
    )
    def test_a_model_without_errors_leaves_the_table_as_it_is(self, world, by):
        figures = [name for name in TABLE_COLUMNS if name not in ("net_low", "net_high")]
        for options in ({}, {"subtotals": True}):
            counted = table(world[2], by, **options)
            found = table(world[2], by, correct=True, confusion=identity(), **options)
            pd.testing.assert_frame_equal(
                found[[*by, *figures]], counted[[*by, *figures]], rtol=1e-9
            )

    def test_its_interval_is_that_of_documents_where_there_are_no_errors(self, world):
        counted = table(world[2], ("stage",))
        found = table(world[2], ("stage",), correct=True, confusion=identity(10**7))

        half = (found["net_high"] - found["net_low"]) / (counted["net_high"] - counted["net_low"])
        assert half.between(0.85, 1.15).all()

    def test_a_held_out_part_ten_times_smaller_widens_the_interval(self, world):
        known, _, read = world
        small = {name: (np.array(counts) / 50).tolist() for name, counts in known.items()}
        wide = table(read, ("stage",), correct=True, confusion=small)
        close = table(read, ("stage",), correct=True, confusion=known)

        assert (wide["net_high"] - wide["net_low"] > close["net_high"] - close["net_low"]).all()
        assert np.allclose(wide["share"], close["share"])

    def test_order_of_rows_does_not_matter(self, world):
        known, _, read = world
        by = ("brand", "stage", "moment")
        shuffled = read.sample(frac=1, random_state=1)

        pd.testing.assert_frame_equal(
            table(shuffled, by, correct=True, confusion=known),
            table(read, by, correct=True, confusion=known),
            check_exact=True,
        )

    def test_rollups_are_sums_over_their_labels(self, world):
        known, _, read = world
        stages = table(read, ("stage",), correct=True, confusion=known).set_index("stage")
        journey = table(read, ("journey",), correct=True, confusion=known).set_index("journey")
        before = stages.loc[["see", "buy"]]

        assert journey["share"]["before"] == pytest.approx(before["share"].sum())
        assert journey["net_sentiment"]["before"] == pytest.approx(
            np.average(before["net_sentiment"], weights=before["share"])
        )

    def test_a_column_named_as_a_rollup_is_a_stratum(self, world):
        known, _, read = world
        out = table(read.assign(journey="any"), ("journey",), correct=True, confusion=known)

        pd.testing.assert_frame_equal(
            out.drop(columns="journey"), table(read, (), correct=True, confusion=known)
        )

    def test_strata_are_estimated_by_themselves(self, world):
        known, _, read = world
        both = table(read, ("brand", "stage"), correct=True, confusion=known)
        own = table(read[read["brand"] == "Ode"], ("stage",), correct=True, confusion=known)

        columns = ["positive", "negative", "net_low", "net_high"]
        pd.testing.assert_frame_equal(
            both[both["brand"] == "Ode"].reset_index(drop=True)[columns], own[columns]
        )

    def test_subtotals_add_up_their_cells(self, world):
        known, _, read = world
        out = table(read, ("brand", "stage"), correct=True, confusion=known, subtotals=True)
        cells, brands = out[~out["subtotal"]], out[out["subtotal"]][:-1]

        assert list(out.columns[-3:]) == [*SHARE_INTERVAL, "subtotal"]
        assert out["share"].iloc[-1] == pytest.approx(1)
        assert np.allclose(cells.groupby("brand")["share"].sum(), brands["share"])
        assert ((brands["share_low"] < brands["share"]) & (brands["share"] < 1)).all()

    def test_missing_values_are_a_stratum(self, world):
        known, _, read = world
        gaps = read.assign(brand=read["brand"].where(read["brand"] == "Ode"))
        out = table(gaps, ("brand", "stage"), correct=True, confusion=known)

        named = table(read, ("brand", "stage"), correct=True, confusion=known)
        assert np.allclose(out["share"][:3], named["share"][3:])
        assert np.allclose(out["share"][3:], named["share"][:3])

    def test_thin_cells_keep_their_share_and_lose_their_sentiment(self, world):
        known, _, read = world
        out = table(read[:200], correct=True, confusion=known, min_n=40)

        assert out["thin"].any()
        assert out.loc[out["thin"], "net_sentiment"].isna().all()
        assert out["share"].sum() == pytest.approx(1)

    def test_one_document_has_no_interval(self, world):
        known, _, read = world
        out = table(read[:60].assign(doc_id="a"), ("stage",), correct=True, confusion=known)

        assert out[["net_low", "net_high", *SHARE_INTERVAL]].isna().all(axis=None)
        assert out["share"].sum() == pytest.approx(1)

    def test_shipped_errors_are_taken_for_the_shipped_labels(self):
        manifest, taxonomy = shipped().manifest, shipped().taxonomy
        rng = np.random.default_rng(3)
        pairs = rng.choice(len(taxonomy.pairs), 400)
        frame = pd.DataFrame([taxonomy.pairs[i] for i in pairs], columns=["stage", "moment"])
        frame = frame.assign(
            doc_id=np.arange(400) // 3, sentiment="neutral", sentiment_score=0.0, pivotal=False,
            n_segments=1,
        )  # fmt: skip

        pd.testing.assert_frame_equal(
            moment_table(frame, correct=True),
            moment_table(frame, correct=True, confusion=manifest.confusion),
        )


class TestCoverage:
    def test_intervals_hold_the_truth_where_counted_ones_do_not(self):
        """The tables are the strata of a few, each with a held-out part of its own."""
        rng = np.random.default_rng(7)
        held = {"corrected": [], "counted": []}
        for _ in range(6):
            mix = rng.dirichlet(np.full(len(STATES) + 1, 3.0))
            gold, predicted = (rows(part, 1500) for part in segments(rng, 1500, mix))
            known = confusion(gold, predicted)
            frames, nets = [], {}
            for run in range(12):
                prevalence = rng.dirichlet(np.full(len(STATES) + 1, 1.0))
                nets[run] = net_by_stage(prevalence)
                # A document dwells on what it is about: its segments repeat each other.
                about = rng.choice(len(prevalence), 250, p=prevalence)
                own = np.repeat(about, rng.integers(1, 4, 250))
                ids = np.repeat(np.arange(250), np.unique(own, return_counts=False).size and 1)
                frames.append((run, own, ids))
            frame = pd.concat(
                [
                    rows([label(misread(rng, s)) for s in own], len(own)).assign(
                        run=run, doc_id=[f"{run}-{d}" for d in document_numbers(own)]
                    )
                    for run, own, _ in frames
                ]
            )
            for name, out in (
                ("corrected", table(frame, ("run", "stage"), correct=True, confusion=known)),
                ("counted", table(frame, ("run", "stage"))),
            ):
                true = [nets[run][stage] for run, stage in zip(out["run"], out["stage"], strict=True)]
                held[name].append((out["net_low"] <= true) & (true <= out["net_high"]))

        assert 0.9 <= np.mean(np.concatenate(held["corrected"])) <= 0.995
        assert np.mean(np.concatenate(held["counted"])) < 0.8
