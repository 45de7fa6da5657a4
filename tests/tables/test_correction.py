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
# How pairs, touchpoints, sentiments and pivotal are misread, rows adding up to 1. What a stage is
# read as does not depend on its moment, nor what a moment is on its stage.
KERNELS = (
    np.array(
        [[0.8, 0.1, 0, 0.1], [0.1, 0.6, 0.1, 0.2], [0.1, 0.1, 0.6, 0.2], [0.1, 0.1, 0.1, 0.7]]
    ),
    np.array([[0.85, 0.15], [0.3, 0.7]]),
    np.array([[0.75, 0.2, 0.05], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]]),
    np.array([[0.95, 0.05], [0.4, 0.6]]),
)
SHAPE = tuple(len(kernel) for kernel in KERNELS)
FALSE = 0.2
NEUTRAL, NOT_PIVOTAL = 1, 0


@pytest.fixture(scope="module")
def world():
    """Held-out confusion, and feedback with another mix of truths: true and predicted rows."""
    rng = np.random.default_rng(20261122)
    held_out = segments(rng, 30_000, rng.dirichlet(np.full(len(STATES) + 1, 3.0)))
    gold, predicted = (rows(held_out[i], 30_000) for i in (0, 1))
    true, read = segments(rng, 12_000, lopsided())
    return confusion(gold, predicted), rows(true, 5_000), rows(read, 5_000)


def lopsided() -> np.ndarray:
    """A mix of truths that counts of predictions get wrong: most in one place, moods apart."""
    mix = np.zeros(SHAPE)
    for pair, (share, mood) in enumerate(
        [
            (0.1, [0.1, 0.1, 0.8]),
            (0.05, [0.2, 0.7, 0.1]),
            (0.1, [0.1, 0.6, 0.3]),
            (0.75, [0.8, 0.1, 0.1]),
        ]
    ):
        mix[pair] = share * np.einsum("t,s,p->tsp", [0.1, 0.9], mood, [0.95, 0.05])
    return np.append(0.05, 0.95 * mix.ravel())


def segments(
    rng: np.random.Generator, n: int, mix
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """True and predicted labels of n segments; state 0 is none."""
    true = rng.choice(len(mix), n, p=mix)
    return labels_of(true), labels_of(misread(rng, true))


def misread(rng: np.random.Generator, true: np.ndarray) -> np.ndarray:
    """Predicted states of true ones.

    What is no moment is as any neutral one in sentiment, and read as none as if read as neutral.
    """
    answers = np.array(np.unravel_index(np.maximum(true - 1, 0), SHAPE))
    answers[:2] = np.where(true == 0, rng.integers(0, [[4], [2]], (2, len(true))), answers[:2])
    answers[2:] = np.where(true == 0, [[NEUTRAL], [NOT_PIVOTAL]], answers[2:])
    lost = 0.15 * KERNELS[2][answers[2], NEUTRAL] * KERNELS[3][answers[3], NOT_PIVOTAL]
    is_none = rng.random(len(true)) < np.where(true == 0, 1 - FALSE, lost)
    drawn = [
        (rng.random(len(true))[:, None] > kernel.cumsum(axis=1)[own]).sum(axis=1)
        for kernel, own in zip(KERNELS, answers, strict=True)
    ]
    return np.where(is_none, 0, np.ravel_multi_index(drawn, SHAPE, mode="clip") + 1)


def labels_of(states: np.ndarray) -> list[tuple[str, ...]]:
    return [STATES[state - 1] if state else NONE for state in states]


def rows(labels: list[tuple[str, ...]], documents: int) -> pd.DataFrame:
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

        assert found["share"].sum() == pytest.approx(1)
        assert error(found, truth, "share") < 0.4 * error(counted, truth, "share")
        if "sentiment" not in by:
            assert error(found, truth, "net_sentiment") < 0.65 * error(
                counted, truth, "net_sentiment"
            )
        if by != ("stage", "moment"):  # how stage and moment err together its counts do not tell
            held = (found["share_low"] <= truth["share"]) & (truth["share"] <= found["share_high"])
            assert held.all()

    def test_comes_nearer_still_with_more_rows(self, world):
        known, true, read = world
        more = pd.concat([read.assign(doc_id=read["doc_id"] + f"-{i}") for i in range(10)])
        few, many = (table(r, ("stage",), correct=True, confusion=known) for r in (read, more))
        truth = table(true, ("stage",))

        assert error(many, truth, "share") < 0.4 * error(few, truth, "share")
        assert error(many, truth, "net_sentiment") < 0.6 * error(few, truth, "net_sentiment")

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

    def test_a_smaller_held_out_part_widens_the_interval(self, world):
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
        """Many tables are the strata of a few, each of which has a held-out part of its own."""
        rng = np.random.default_rng(20261122)
        held: dict[str, list[bool]] = {"corrected": [], "counted": []}
        for _ in range(6):
            mix = rng.dirichlet(np.full(len(STATES) + 1, 3.0))
            known = confusion(*(rows(part, 1500) for part in segments(rng, 1500, mix)))
            runs, truth = [], dict[tuple[int, str], float]()
            for run in range(12):
                mix = rng.dirichlet(np.full(len(STATES) + 1, 1.0))
                truth |= {(run, stage): net for stage, net in net_of_stages(mix).items()}
                document, states = documents(rng, 250, mix)
                read = rows(labels_of(misread(rng, states)), 1)
                runs.append(read.assign(run=run, doc_id=[f"{run}-{d}" for d in document]))
            frame = pd.concat(runs)
            for name, options in (
                ("corrected", {"correct": True, "confusion": known}),
                ("counted", {}),
            ):
                out = table(frame, ("run", "stage"), **options)
                true = [truth[key] for key in zip(out["run"], out["stage"], strict=True)]
                held[name] += ((out["net_low"] <= true) & (true <= out["net_high"])).tolist()

        assert 0.9 <= np.mean(held["corrected"]) <= 0.995
        assert np.mean(held["counted"]) < 0.75


def documents(rng: np.random.Generator, n: int, mix) -> tuple[np.ndarray, np.ndarray]:
    """Document number and state of each segment; every other one repeats its document's first."""
    document = np.repeat(np.arange(n), rng.integers(1, 4, n))
    own, first = (rng.choice(len(mix), size, p=mix) for size in (len(document), n))
    return document, np.where(rng.random(len(document)) < 0.5, first[document], own)


def net_of_stages(mix) -> dict[str, float]:
    frame = rows(labels_of(np.arange(len(mix))), 1).assign(mix=mix)
    lean = frame["sentiment"].map({"positive": 100, "neutral": 0, "negative": -100})
    sums = frame.assign(lean=lean * frame["mix"]).groupby("stage")[["lean", "mix"]].sum()
    net = (sums["lean"] / sums["mix"]).drop("none")
    return {str(stage): float(value) for stage, value in net.items()}


def error(found: pd.DataFrame, truth: pd.DataFrame, column: str) -> float:
    return float((found[column] - truth[column]).abs().mean())


@pytest.fixture(scope="module")
def known(world):
    return axes({"stage", "moment", "touchpoint"}, world[0], TAXONOMY)


@pytest.fixture(scope="module")
def matrix(known):
    """Row z, column y: the probability that z is read as y, entry by entry."""
    states = list(product(*(range(len(axis.labels)) for axis in known)))
    kept, false, lost, moved = known[0].totals
    out = np.zeros((1 + len(states), 1 + len(states)))
    out[0, 0] = kept / (kept + false)
    for y, read in enumerate(states, 1):
        shares = [axis.false[i] / axis.false.sum() for axis, i in zip(known, read, strict=True)]
        out[0, y] = (1 - out[0, 0]) * np.prod(shares)
    for z, true in enumerate(states, 1):
        odds = lost / moved
        for axis, i in zip(known, true, strict=True):
            odds *= (axis.lost[i] / lost) / (axis.moved[i].sum() / moved)
        out[z, 0] = odds / (1 + odds)
        for y, read in enumerate(states, 1):
            parts = [
                axis.moved[i, j] / axis.moved[i].sum()
                for axis, i, j in zip(known, true, read, strict=True)
            ]
            out[z, y] = (1 - out[z, 0]) * np.prod(parts)
    return out


class TestChannel:
    """The products along axes against the written-out matrix."""

    def test_read_and_traced_are_its_products(self, known, matrix):
        rates = channel(known, np.random.default_rng(0), exact=1, drawn=0)
        values = np.random.default_rng(1).random((1, len(matrix)))

        assert np.allclose(matrix.sum(axis=1), 1)
        assert np.allclose(rates.read(values), values @ matrix)
        assert np.allclose(rates.traced(values), values @ matrix.T)

    def test_finds_the_truth_behind_exact_counts(self, known, matrix):
        rates = channel(known, np.random.default_rng(0), exact=1, drawn=0)
        truth = np.random.default_rng(2).dirichlet(np.full(len(matrix), 5.0))
        possible = np.full(len(matrix), True)
        found = most_likely(100 * truth[None] @ matrix, rates, possible, np.zeros(1))

        assert found.sum() == pytest.approx(1)
        assert np.abs(found - truth).sum() < 0.25 * np.abs(truth @ matrix - truth).sum()

    def test_a_heavy_prior_keeps_what_was_predicted(self, known, matrix):
        rates = channel(known, np.random.default_rng(0), exact=1, drawn=0)
        counts = np.random.default_rng(2).random((1, len(matrix)))
        possible = np.full(len(matrix), True)

        found = most_likely(counts, rates, possible, np.full(1, 1e9))
        assert np.allclose(found, counts / counts.sum())

    def test_impossible_states_get_nothing_and_no_counts_no_shares(self, known, matrix):
        rates = channel(known, np.random.default_rng(0), exact=1, drawn=0)
        possible = np.arange(len(matrix)) < 10
        counts = np.where(possible, 5.0, 0.0)[None]

        found = most_likely(counts, rates, possible, np.zeros(1))
        assert (found[0, 10:] == 0).all()
        assert found.sum() == pytest.approx(1)
        assert (most_likely(0 * counts, rates, possible, np.zeros(1)) == 0).all()

    def test_draws_lie_around_the_counts(self, known):
        rates = channel(known, np.random.default_rng(0), exact=1, drawn=400)

        assert np.allclose(rates.kernels[0].sum(axis=2), 1)
        assert np.allclose(rates.kernels[0][1:].mean(axis=0), rates.kernels[0][0], atol=0.005)
        row = known[0].moved[0]
        chance = row[0] / row.sum()
        assert rates.kernels[0][1:, 0, 0].std() == pytest.approx(
            np.sqrt(chance * (1 - chance) / row.sum()), rel=0.15
        )


class TestAxes:
    def test_pairs_add_up_to_both_heads(self, world):
        known = world[0]
        pairs, _ = axes({"stage", "moment"}, known, TAXONOMY)

        assert pairs.labels == tuple(PAIRS)
        for position, name in enumerate(("stage", "moment")):
            counts = np.array(known[name], float)
            labels = TAXONOMY.heads[name].labels
            where = [labels.index(pair[position]) for pair in PAIRS]
            sums = np.zeros_like(counts)
            np.add.at(sums, (np.repeat(where, 4), np.tile(where, 4)), pairs.moved.ravel())
            none = labels.index("none")
            np.add.at(sums[none], where, pairs.false)
            np.add.at(sums[:, none], where, pairs.lost)
            sums[none, none] += pairs.kept
            assert np.allclose(sums, counts, rtol=1e-3, atol=0.5)

    def test_pairs_are_those_that_made_the_counts_where_heads_err_independently(self):
        """With one answer to a stage's moments, the pairs are known from the stages alone."""
        stage = [[50, 6, 0, 4], [5, 40, 0, 5], [0, 0, 0, 0], [3, 2, 0, 35]]
        moment = [[50, 4, 6, 0], [3, 35, 2, 0], [5, 5, 40, 0], [0, 0, 0, 0]]
        known = identity() | {"stage": stage, "moment": moment}
        known["sentiment"] = [[40, 5, 5], [5, 50, 5], [0, 0, 40]]
        pairs, _ = axes({"stage", "moment"}, known, TAXONOMY)

        assert np.allclose(pairs.moved[:2, :2], [[50, 6], [5, 40]])
        assert np.allclose(pairs.lost, [4, 5, 0, 0])
        assert np.allclose(pairs.false, [3, 2, 0, 0])

    def test_neutral_is_told_apart_from_none(self):
        """30 of 100 neutral ones were none, rightly read; what is left is known from the totals."""
        stage = np.diag([40, 30, 100, 30])
        known = identity() | {"stage": stage.tolist()}
        known["sentiment"] = [[60, 5, 5], [2, 93, 5], [0, 10, 20]]
        *_, sentiment = axes({"stage"}, known, TAXONOMY)

        assert sentiment.kept == 30
        assert sentiment.false.sum() == sentiment.lost.sum() == 0
        assert np.allclose(sentiment.moved, [[60, 5, 5], [2, 63, 5], [0, 10, 20]])

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param({"stage": None}, r"lacks the head stage; give counts\[gold\]", id="missing"),
            pytest.param({"sentiment": [[1, 2], [3, 4]]}, "sentiment is no 3 × 3 table", id="shape"),
            pytest.param({"moment": [[1], [2, 3]]}, "moment is no 4 × 4 table", id="ragged"),
            pytest.param({"stage": []}, "stage is no 4 × 4 table of counts", id="empty"),
            pytest.param({"stage": np.diag([1, -1, 1, 1])}, "stage is no 4 × 4 table", id="negative"),
            pytest.param({"stage": np.full((4, 4), np.nan)}, "stage is no 4 × 4 table", id="nan"),
            pytest.param({"stage": np.diag([1, 1, 1, 0])}, "no segment whose label is none", id="none"),
            pytest.param({"moment": np.diag([9, 9, 9, 9])}, "count all heads on the same", id="totals"),
            pytest.param({"sentiment": np.diag([9, 9, 9])}, "fewer segments as rightly neutral", id="few"),
            pytest.param({"moment": np.diag([2000, 1000, 1000, 1000])}, "stage and moment do not fit", id="pairs"),
        ],
    )  # fmt: skip
    def test_counts_that_cannot_be(self, world, change, message):
        known = {
            name: counts for name, counts in (identity() | change).items() if counts is not None
        }

        with pytest.raises(InputError, match=message):
            table(world[2], ("stage", "moment"), correct=True, confusion=known)


class TestFiles:
    @pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
    @pytest.mark.parametrize("by", [("stage", "moment"), ("brand", "pivotal"), ()], ids=str)
    def test_equal_the_frame(self, world, tmp_path: Path, suffix, by):
        known, _, read = world
        read = read[:600]
        path = tmp_path / f"segments.{suffix}"
        if suffix == "parquet":
            read.to_parquet(path)
        elif suffix == "csv":
            read.to_csv(path, index=False)
        else:
            read.to_json(path, orient="records", lines=True)

        pd.testing.assert_frame_equal(
            table(path, by, correct=True, confusion=known),
            table(read, by, correct=True, confusion=known),
        )


class TestEmpty:
    @pytest.mark.parametrize("by", [("stage", "journey", "brand"), ()], ids=str)
    @pytest.mark.parametrize("subtotals", [False, True])
    def test_has_columns_and_types(self, world, by, subtotals):
        known, _, read = world
        options = {"correct": True, "confusion": known, "subtotals": subtotals}
        full = table(read[:300], by, **options)

        for nothing in (read[:0], read[read["stage"] == "none"]):
            out = table(nothing, by, **options)
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)


class TestErrors:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param(lambda f: f.drop(columns="n_segments"), "lack the column n_segments; .*all_segments=True", id="column"),
            pytest.param(lambda f: f.assign(n_segments=np.arange(len(f)) % 2 + 1), "6,000 of 12,000 rows are not one segment", id="merged"),
            pytest.param(lambda f: f.assign(n_segments=None), "12,000 of 12,000 rows are not one", id="void"),
            pytest.param(lambda f: f[f["stage"] != "none"], "not one of .* without a moment; .*--all-segments", id="no none"),
            pytest.param(lambda f: f.assign(stage=f["stage"].replace("see", "zoo")), "labels of stage, moment, sentiment that the taxonomy lacks", id="label"),
            pytest.param(lambda f: f.assign(moment="smot"), "does not allow together", id="pair"),
            pytest.param(lambda f: f.assign(sentiment=None), "does not allow together", id="missing"),
        ],
    )  # fmt: skip
    def test_rows(self, world, change, message):
        known, _, read = world
        with pytest.raises(InputError, match=message):
            table(change(read), correct=True, confusion=known)

    def test_a_label_that_no_held_out_segment_has(self, world):
        known = identity()
        known["touchpoint"] = np.diag([4000, 0, 1000]).tolist()

        with pytest.raises(InputError, match="no segment whose touchpoint is app"):
            table(world[2], ("touchpoint",), correct=True, confusion=known)
        web = world[2][world[2]["touchpoint"] != "app"]
        assert len(table(web, ("touchpoint",), correct=True, confusion=known)) == 1

    def test_another_taxonomy_needs_its_own_confusion(self, world):
        with pytest.raises(InputError, match=r"not the shipped model's, .*manifest\.confusion"):
            table(world[2], correct=True)

    def test_a_confusion_that_is_not_used(self, world):
        with pytest.raises(InputError, match="only read with correct=True"):
            table(world[2], confusion=identity())

    def test_by_may_not_name_its_columns(self, world):
        with pytest.raises(InputError, match="by names share_low"):
            table(world[2].assign(share_low=1), ("share_low",))
