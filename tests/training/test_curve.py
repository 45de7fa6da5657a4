"""Learning curves: honest measurement, the law that made the figures found again, and doubts that are told."""

import json
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mot_nlp.errors import ColumnError, InputError
from tests.tiny import TAXONOMY, write_encoder
from tests.training.signal import TABLE, signal
from training.commands.curving import curve_command
from training.curve import measuring
from training.curve.measuring import HELD_OUT, Points, measure
from training.curve.picture import curves_table
from training.curve.power import FASTEST, SLOWEST, PowerLaw, fit_power_law
from training.curve.reading import read_curves
from training.curve.writing import write_curves
from training.labelled import as_row, write_rows
from training.probe import fit_probe

SIZES = np.geomspace(40, 600, 7)


def points(figures, *, noise=0.0, seed=0, repeats=5, draws=100, held_out=200, labels=SIZES):
    """What would have been measured of a head whose curve is ``figures``."""
    rng = np.random.default_rng(seed)
    shape = (repeats, len(labels))
    return Points(
        labels=np.tile(labels, (repeats, 1)),
        macro_f1=figures + rng.normal(0, noise, shape),
        draws=figures + rng.normal(0, noise, (draws, *shape)) + rng.normal(0, noise, (draws, 1, 1)),
        held_out=held_out,
        total=800,
    )


def unsteady():
    """A curve that is steep on some of the documents held out and flat on others."""
    steep, flat = (PowerLaw(0.9, gap, 0.3, 40.0)(SIZES) for gap in (0.8, 0.0))
    draws = np.where(np.arange(100)[:, None, None] % 2, steep, flat) * np.ones((100, 5, 7))
    return replace(points((steep + flat) / 2), draws=draws)


def read(measured):
    return read_curves({"stage": measured})[0]


# ------------------------------------------------------------- the law


@settings(max_examples=40, deadline=None)
@given(st.floats(0.4, 0.95), st.floats(0.05, 0.35), st.floats(0.2, 1.5))
def test_a_law_is_found_again(limit, gap, speed):
    law = PowerLaw(limit, gap, speed, 40.0)
    found = fit_power_law(SIZES, law(SIZES))
    assert found is not None
    np.testing.assert_allclose(found(SIZES), law(SIZES), atol=2e-3)
    np.testing.assert_allclose(found(1600.0), law(1600.0), atol=1e-2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=8))
def test_whatever_the_figures_a_law_stays_in_its_bounds_and_rises(figures):
    found = fit_power_law(np.geomspace(30, 900, len(figures)), np.array(figures))
    if found is None:
        return
    assert 0 <= found.limit <= 1
    assert SLOWEST <= found.speed <= FASTEST
    far = found(np.geomspace(30, 1e6, 20))
    assert (np.diff(far) >= -1e-12).all()
    assert far.max() <= 1


def test_two_sizes_make_no_law():
    assert fit_power_law(SIZES[:2], np.array([0.5, 0.6])) is None
    assert fit_power_law(SIZES, np.full(7, np.nan)) is None


# ------------------------------------------------------------- what it says


def test_a_rising_curve_says_that_labels_pay():
    law = PowerLaw(0.8, 0.4, 0.4, 40.0)
    curve = read(points(law(SIZES), noise=0.002))
    true = float(law(1600.0) - law(800.0))
    assert not curve.doubts
    assert curve.gain.value == pytest.approx(true, abs=0.01)
    assert curve.gain.low <= true <= curve.gain.high
    assert curve.verdict.startswith(
        "stage: doubling your labels from 800 to 1,600 would bring about +"
    )
    assert curve.verdict.endswith("more labels pay")


def test_a_flat_curve_says_that_they_hardly_do():
    curve = read(points(PowerLaw(0.75, 0.1, 1.5, 40.0)(SIZES), noise=0.001))
    assert not curve.doubts
    assert abs(curve.gain.value) < 0.005
    assert curve.verdict.endswith("more of the same labels hardly pay")


def test_noise_widens_the_interval():
    law = PowerLaw(0.8, 0.4, 0.4, 40.0)
    narrow, wide = (read(points(law(SIZES), noise=noise)) for noise in (0.001, 0.01))
    assert wide.gain.high - wide.gain.low > narrow.gain.high - narrow.gain.low


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (points(np.array([0.5, 0.6, 0.65, 0.6, 0.55, 0.6, 0.66])), "it fell by 10.0 points"),
        (points(np.array([0.3, 0.3, 0.3, 0.3, 0.6, 0.6, 0.6])), "the law misses the figures"),
        (points(PowerLaw(0.8, 0.4, 0.4, 40)(SIZES), held_out=12), "only 12 labels to measure on"),
        (unsteady(), "points wide"),
        (
            points(PowerLaw(0.8, 0.4, 0.4, 40)(SIZES[:3]), labels=SIZES[:3]),
            "fewer than 4 different sizes",
        ),
    ],
    ids=["falls", "no law", "held out", "wide", "sizes"],
)  # fmt: skip
def test_what_is_not_to_be_trusted_is_said(measured, words):
    curve = read(measured)
    assert any(words in doubt for doubt in curve.doubts), curve.doubts
    assert words in curve.verdict
    assert "do not rely on it" in curve.verdict


def test_where_no_law_fits_nothing_is_foretold():
    curve = read(points(np.full(7, np.nan)))
    assert curve.gain is None
    assert "cannot be foretold" in curve.verdict


# ------------------------------------------------------------- measuring


@pytest.fixture(scope="module")
def world():
    documents, vectors = signal(150, noise=2.0)
    groups = [document.extra["author"] for document in documents]
    return (
        documents,
        vectors,
        groups,
        measure(documents, vectors, groups, TABLE, repeats=2, draws=100),
    )


def test_figures_rise_with_labels(world):
    measured = world[3]
    assert set(measured) == {*TABLE.heads}
    for found in measured.values():
        assert found.labels.shape == found.macro_f1.shape == (2, 7)
        assert found.draws.shape == (100, 2, 7)
        assert (np.diff(found.labels) >= 0).all()
        assert found.macro_f1[:, -1].mean() > found.macro_f1[:, 0].mean()
        # Whoever comes first, in the end all have joined.
        assert np.ptp(found.macro_f1[:, -1]) == 0


def test_parts_hold_one_another_and_no_group_is_on_two_sides(world, monkeypatch):
    documents, vectors, groups, _ = world
    tagged = np.hstack([vectors, np.arange(len(vectors), dtype=np.float32)[:, None]])
    owner = np.repeat(np.arange(len(documents)), [len(d.segments) for d in documents])
    fitted, real = [], fit_probe

    def watched(own, labels, taxonomy):
        fitted.append({groups[owner[int(row)]] for row in own[:, -1]})
        return real(own, labels, taxonomy)

    monkeypatch.setattr(measuring, "fit_probe", watched)
    held = measuring._held_out(groups, np.array([len(d.segments) for d in documents]), 13)
    measure(documents, tagged, groups, TABLE, repeats=2, draws=100)
    out = {group for group, is_out in zip(groups, held, strict=True) if is_out}
    assert 0.2 < held[owner].mean() < HELD_OUT + 0.1
    for repeat in (fitted[:7], fitted[7:]):
        assert all(before <= after for before, after in pairwise(repeat))
        assert repeat[-1] == {*groups} - out
        assert not repeat[-1] & out
    assert fitted[0] != fitted[7]


def test_the_part_held_out_does_not_change_as_rows_join(world):
    documents, _, groups, _ = world
    lengths = np.array([len(d.segments) for d in documents])
    held = measuring._held_out(groups, lengths, 13)
    assert (held == measuring._held_out(groups, lengths, 13)).all()
    assert (held != measuring._held_out(groups, lengths, 14)).any()


def test_heads_without_labels_have_no_curve(world):
    documents, vectors, groups, _ = world
    bare = [replace(d, labels=tuple({"stage": e["stage"]} for e in d.labels)) for d in documents]
    assert set(measure(bare, vectors, groups, TABLE, repeats=2, draws=100)) == {"stage"}


def test_heads_whose_labels_are_all_alike_have_no_curve(world):
    documents, vectors, groups, _ = world
    alike = [replace(d, labels=tuple({"pivotal": "no"} for _ in d.labels)) for d in documents]
    with pytest.raises(InputError, match="no head has two different labels"):
        measure(alike, vectors, groups, TABLE, repeats=2, draws=100)


def test_too_little_is_said():
    documents, vectors = signal(10)
    with pytest.raises(InputError, match="too few for a curve"):
        measure(documents, vectors, [d.id for d in documents], TABLE)
    documents, vectors = signal(60)
    with pytest.raises(InputError, match="groups are left"):
        measure(documents, vectors, ["one", "other"] * 30, TABLE)


# ------------------------------------------------------------- on paper


def test_figures_and_pictures_are_written(world, tmp_path):
    curves = read_curves(world[3])
    paths = write_curves(curves, {"seed": 13}, tmp_path)
    assert [path.name for path in paths] == ["curve.json", "curve.svg", "curve.png"]
    table = json.loads(paths[0].read_text(encoding="utf-8"))
    assert table["asked"] == {"seed": 13}
    assert [entry["head"] for entry in table["heads"]] == list(TABLE.heads)
    assert all(entry["verdict"] and len(entry["points"]) == 7 for entry in table["heads"])
    ElementTree.parse(paths[1])
    assert paths[2].stat().st_size > 10_000
    rows = curves_table(curves)
    assert isinstance(rows, pd.DataFrame)
    assert set(rows["kind"]) == {"point", "course", "total"}


@pytest.fixture
def command():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(curve_command)
    return lambda *given: CliRunner().invoke(app, [str(entry) for entry in given])


def test_the_command_draws_the_curve_of_own_rows(tmp_path, command):
    documents, _ = signal(60)
    write_rows(map(as_row, documents), tmp_path / "own.jsonl")
    encoder = write_encoder(tmp_path / "encoder", [d.text for d in documents], vocabulary=200)
    fixed = [tmp_path / "own.jsonl", "--out", tmp_path / "out", "--from", encoder]
    fixed += ["--taxonomy", TAXONOMY, "--repeats", 2, "--bootstrap", 100]
    result = command(*fixed, "--group", "author")
    assert result.exit_code == 0, result.output
    assert "doubling your labels from" in result.output
    asked = json.loads((tmp_path / "out" / "curve.json").read_text(encoding="utf-8"))["asked"]
    assert (asked["group"], asked["documents"]) == ("author", 60)
    assert isinstance(command(*fixed, "--group", "shop").exception, ColumnError)
    assert isinstance(command(*fixed, "--preset", "thorough").exception, InputError)
    assert isinstance(command(*fixed, "--bootstrap", "3").exception, InputError)
