"""The commands that make tables: what they show at which width, and what they write."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from mot_nlp.cli import app
from mot_nlp.cli.compare import render as render_differences
from mot_nlp.cli.console import out
from mot_nlp.cli.drivers import render as render_drivers
from mot_nlp.cli.fitting import Column, Fitted, fitting
from mot_nlp.cli.table import render
from mot_nlp.cli.tabling import percent, with_interval
from mot_nlp.errors import ColumnError, InputError, OutputError, ReadError
from mot_nlp.tables import TABLE_COLUMNS, moment_table
from mot_nlp.tables.comparison import compare
from mot_nlp.tables.outcomes import drivers
from tests.tiny import BUNDLE, ROOT

MODEL = ["--model", str(BUNDLE)]
EVIL = "=[red]a[/red]|\x1b[2J<b>"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setattr(out, "_width", 200)


@pytest.fixture(scope="module")
def rows():
    """Moments of 80 reviews of two shops: delivery fails at Ode, more so from February on."""
    generator = np.random.default_rng(7)
    found = []
    for number in range(80):
        brand, month = ("Ode", "Lun")[number % 2], 1 + number // 40
        for stage, moment, touchpoint in (
            ("decision", "fmot", "store"),
            ("post_purchase", "smot", "delivery"),
        ):
            bad = touchpoint == "delivery" and brand == "Ode" and month == 2
            feels = generator.choice(
                ["negative", "neutral", "positive"], p=[0.9, 0.05, 0.05] if bad else [0.1, 0.2, 0.7]
            )
            found.append(
                {
                    "doc_id": f"d{number}",
                    "stage": stage,
                    "moment": moment,
                    "touchpoint": touchpoint,
                    "sentiment": feels,
                    "sentiment_score": {"negative": -0.9, "neutral": 0.0, "positive": 0.9}[feels],
                    "pivotal": bool(feels == "negative"),
                    "brand": brand,
                    "date": f"2026-0{month}-{1 + number % 28:02}",
                }
            )
    return pd.DataFrame(found)


@pytest.fixture
def moments(rows, tmp_path):
    rows.to_parquet(tmp_path / "moments.parquet")
    return tmp_path / "moments.parquet"


@pytest.fixture
def documents(rows, tmp_path):
    """A row for every document, stars following how delivery felt."""
    delivery = rows[rows["touchpoint"] == "delivery"]
    stars = delivery["sentiment"].map({"negative": 1, "neutral": 3, "positive": 5})
    shift = np.where(delivery["brand"] == "Ode", 0, -1)
    table = pd.DataFrame(
        {"doc_id": delivery["doc_id"], "stars": (stars + shift).clip(1), "shop": delivery["brand"]}
    )
    table.to_parquet(tmp_path / "documents.parquet")
    return tmp_path / "documents.parquet"


def mot(*arguments):
    """What a command shows, run within this process."""
    done = CliRunner().invoke(app, [*map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def each(table):
    """The rows of a table, its columns as attributes."""
    return table.itertuples()


def shown(view, width):
    """Lines of a view on a console of some width, without blanks at their ends."""
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


# ---------------------------------------------------------------- fitting


def column(title, width, rank=0, *, is_label=False):
    return Column(Text(title), [Text("x" * width)], rank, is_label=is_label)


def test_what_matters_least_goes_first_and_order_stays():
    columns = [column("a", 5), column("b", 5, 2), column("c", 5, 1), column("d", 5)]
    titles = [[c.title.plain for c in fitting(columns, width)] for width in (29, 28, 21, 1)]
    assert titles == [["a", "b", "c", "d"], ["a", "c", "d"], ["a", "d"], ["a", "d"]]


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 4)), min_size=1, max_size=6))
def test_what_fits_is_whole_and_no_line_is_too_long(sizes):
    columns = [column(f"c{i}", width, rank) for i, (width, rank) in enumerate(sizes)]
    width = 60
    kept = fitting(columns, width)
    lines = shown(Fitted(Text("Title"), columns, [False]), width)
    assert all(cell_len(line) <= width for line in lines)
    if sum(c.width for c in kept) < width:
        row = next(line for line in lines if "x" in line)
        assert row.split() == ["x" * len(c.cells[0]) for c in kept]


def test_what_is_left_out_is_named():
    columns = [column("a", 20), column("b", 20, 1), column("c", 20, 2)]
    assert shown(Fitted(Text("T"), columns, [False]), 40)[-2:] == [
        "left out at this width: b, c",
        "",
    ]
    assert "left out" not in " ".join(shown(Fitted(Text("T"), columns, [False]), 80))


def test_long_labels_fold_and_wide_letters_count_twice():
    columns = [column("brand", 40, is_label=True), column("n", 4)]
    lines = shown(Fitted(Text("T"), columns, [False]), 40)
    assert [line.count("x") for line in lines if "x" in line] == [35, 9]
    assert Column(Text("a"), [Text("東京")]).width == 6


# ---------------------------------------------------------------- mot table


def test_the_interval_stands_beside_the_figure(rows, moments):
    shown = mot("table", moments, "--by", "touchpoint", "--confidence", 0.9, *MODEL)
    assert "net [90 % CI]" in shown
    table = moment_table(rows, "touchpoint", confidence=0.9)
    for row in each(table):
        figure = f"{row.net_sentiment:+.0f} [{row.net_low:+.0f} {row.net_high:+.0f}]"
        (line,) = [line for line in shown.splitlines() if row.touchpoint in line]
        assert figure in line
        assert f" {row.n} " in line


def test_several_files_are_one_table(rows, moments, tmp_path):
    more = rows.assign(doc_id="more-" + rows["doc_id"])
    more.to_csv(tmp_path / "more.csv", index=False)
    target = tmp_path / "table.csv"
    mot("table", moments, tmp_path / "more.csv", "--by", "stage", "-o", target, *MODEL)
    assert pd.read_csv(target)["n"].tolist() == [160, 160]


def test_subtotals_stand_out(rows, moments, tmp_path):
    view = render(moment_table(rows, subtotals=True), ["stage", "moment"])
    assert list(view.strong) == [False, True, False, True, True]
    console = Console(width=100, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    bold = [line for line in console.file.getvalue().splitlines() if "\x1b[1m" in line][1:]
    assert ["all" in line for line in bold] == [True] * 3
    target = tmp_path / "table.parquet"
    assert " all " in mot("table", moments, "--subtotals", "-o", target, *MODEL)
    assert pd.read_parquet(target)["subtotal"].sum() == 3


def test_thin_cells_lose_their_figures(moments):
    (line,) = [
        line
        for line in mot("table", moments, "--by", "brand,month", "--min-n", 41, *MODEL).splitlines()
        if "Ode" in line and "2026-02" in line
    ]
    assert line.split() == ["Ode", "2026-02", "40", "20", "25", "%", *"·····"]


@pytest.mark.parametrize("width", [80, 120])
def test_tables_stay_whole_on_narrow_terminals(rows, width):
    for by in (["stage"], ["stage", "moment"], ["brand", "stage", "touchpoint"]):
        lines = shown(render(moment_table(rows, by, subtotals=True), by), width)
        assert all(cell_len(line) <= width for line in lines)
        (heading,) = [line for line in lines if "net [95 % CI]" in line]
        assert [name for name in by if name in heading] == by
        body = lines[lines.index(heading) + 2 :]
        for line in body[: body.index("")]:
            assert re.search(r"([+-]\d+|0) \[[+-]\d+ [+-]\d+\]", line), line
        assert "net: positive minus negative share × 100, with 95 % CI" in " ".join(body)


def test_a_corrected_table_says_so_and_has_an_interval_of_the_share(rows, tmp_path):
    moments, target = tmp_path / "segments.parquet", tmp_path / "table.csv"
    nothing = dict.fromkeys(["stage", "moment", "touchpoint"], "none")
    others = rows.assign(**nothing, sentiment="neutral", sentiment_score=0.0, pivotal=False)
    pd.concat([rows, others]).assign(n_segments=1).to_parquet(moments)
    shown = mot("table", moments, "--by", "brand", "--correct", "-o", target, *MODEL)
    assert "Moments of truth, corrected for classifier error" in shown
    assert "as counted" in shown
    table = pd.read_csv(target)
    for row in each(table):
        share = f"{100 * row.share:.0f} % [{100 * row.share_low:.0f} {100 * row.share_high:.0f}]"
        assert share in shown
    assert "corrected" not in mot("table", moments, "--by", "brand", *MODEL)


# ---------------------------------------------------------------- mot compare


def line_of(shown, *words):
    """The one line of a table with all ``words``."""
    lines = shown.split("\n\n")[0] if "\n\n" in shown else shown
    (line,) = [line for line in lines.splitlines() if all(word in line.split() for word in words)]
    return line


def test_differences_stand_with_interval_q_and_words(rows, moments, tmp_path):
    target = tmp_path / "differences.csv"
    shown = mot("compare", moments, "--by", "touchpoint,month", "-o", target, *MODEL)
    table = compare(rows, ["touchpoint", "month"])
    assert "difference [95 % CI]" in shown
    for row in each(table):
        line = line_of(shown, row.touchpoint, row.month, row.group, row.against)
        assert f"{row.difference:+.0f} [{row.low:+.0f} {row.high:+.0f}]" in line
        is_clear = row.q_value <= 0.05
        assert line.rstrip().endswith("*") == is_clear
        assert (f"* {row.words}" in shown) == is_clear
    clear = table[table["q_value"] <= 0.05]
    assert clear[["touchpoint", "month"]].to_numpy().tolist() == [["delivery", "2026-02"]]
    found = pd.read_csv(target)
    assert list(found.columns) == list(table.columns)
    assert found["words"].tolist() == table["words"].tolist()


def test_clear_differences_alone(rows, moments, tmp_path):
    target = tmp_path / "clear.parquet"
    by = ["--by", "touchpoint,month"]
    shown = mot("compare", moments, *by, "--clear", "-o", target, *MODEL)
    assert pd.read_parquet(target)["touchpoint"].tolist() == ["delivery"]
    assert "store" not in shown
    assert "* net sentiment of delivery 2026-02 is" in shown
    shown = mot("compare", moments, *by, "--clear", "--confidence", 1 - 1e-12, "-o", target, *MODEL)
    assert "No difference is clear: no q-value is" in shown
    assert pd.read_parquet(target).empty


@pytest.mark.parametrize(
    ("measure", "colour"), [("net_sentiment", "green"), ("negative", "green"), ("share", "")]
)
def test_clear_rows_are_strong_and_coloured_by_what_is_good(rows, measure, colour):
    names = ["touchpoint", "month"]
    table = compare(rows, names, measure=measure, group="Lun")
    table.loc[table["touchpoint"] == "delivery", "q_value"] = 0.01
    table.loc[table["touchpoint"] == "store", "q_value"] = 0.06
    view = render_differences(table, names, "brand", measure=measure)
    (difference,) = [c for c in view.columns if c.title.plain.startswith("difference")]
    found = {
        (place.plain, month.plain): (strong, str(cell.style))
        for place, month, cell, strong in zip(
            view.columns[0].cells, view.columns[1].cells, difference.cells, view.strong, strict=True
        )
    }
    assert found["delivery", "2026-02"] == (True, colour)
    assert found["store", "2026-02"] == (False, "")


def test_a_change_names_its_period(moments):
    shown = mot("compare", moments, "--between", "period", "--by", "brand,touchpoint", *MODEL)
    assert "* 2026-02: net sentiment of Ode delivery fell" in shown
    one = mot(
        "compare", moments, "--between", "quarter", "--by", "touchpoint", "--freq", "QS", *MODEL
    )
    assert "Nothing to compare" in one


def test_groups_that_are_named_alone_are_compared(moments):
    csv = mot(
        "compare", moments, "--between", "touchpoint", "--by", "brand", "--group", "delivery",
        "--against", "store", "--measure", "pivotal_share", "-o", "-", *MODEL,
    )  # fmt: skip
    table = pd.read_csv(io.StringIO(csv))
    assert table["group"].tolist() == ["delivery", "delivery"]
    assert table["against"].tolist() == ["store", "store"]
    shown = mot(
        "compare", moments, "--between", "touchpoint", "--by", "brand", "--group", "delivery",
        "--group", "store", "--measure", "pivotal_share", *MODEL,
    )  # fmt: skip
    assert (
        "Pivotal share, touchpoint against one another; differences in percentage points" in shown
    )
    ode = table.set_index("brand").loc["Ode"]
    assert f"{ode.difference:+.1f} [{ode.low:+.1f} {ode.high:+.1f}]" in shown


def test_thin_differences_are_counted_and_not_tested(moments):
    shown = mot("compare", moments, "--by", "touchpoint", "--min-n", 41, *MODEL)
    assert "Not tested: 2 for too few moments" in shown
    line = line_of(shown, "delivery", "Lun").split()
    assert line[-5:] == ["·", "too", "few", "moments", "·"]


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--between", "brand"], "brand against Ode"),
        (["--between", "period"], "period against 2026-01"),
        (["--between", "week"], "week against the one before"),
        (["--between", "doc_id", "--min-n", 1], "doc_id against the others"),
    ],
)
def test_the_title_says_what_is_compared_with_what(moments, options, title):
    shown = mot("compare", moments, *options, *MODEL)
    assert shown.splitlines()[0].strip() == f"Net sentiment, {title}; differences in points"


def test_n_stays_on_narrow_terminals(rows):
    names = ["touchpoint", "month", "stage"]
    lines = shown(render_differences(compare(rows, names), names, "brand"), 80)
    (heading,) = [line for line in lines if "difference [95 % CI]" in line]
    assert " n " in heading
    assert "n against" not in heading
    assert all(cell_len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    ("word", "code"),
    [("day", "D"), ("week", "W-MON"), ("month", "MS"), ("quarter", "QS"), ("year", "YS")],
)
def test_a_length_of_period_is_a_word(moments, word, code):
    arguments = ["compare", moments, "--between", "period", "--min-n", 1, "-o", "-", *MODEL]
    assert mot(*arguments, "--freq", word) == mot(*arguments, "--freq", code)


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("figures", "form", "expected"),
    [
        ((0.0, -100.0, 100.0), "+z.0f", "0 [-100 +100]"),
        ((0.0, 0.0, 0.0), "+z.0f", "0 [0 0]"),
        ((-23.0, -46.0, -0.3), "+z.0f", "-23 [-46 -0.3]"),
        ((-0.4, -0.6, 0.2), "+z.0f", "0 [-1 +0.2]"),
        ((-0.5, -1.0, -0.004), "+z.2f", "-0.50 [-1.00 -0.004]"),
        ((0.3, 0.1, 0.44), "+z.0f", "+0.3 [+0.1 +0.4]"),
        ((1e-17, -1e-17, 2.0), "+z.1f", "0.0 [0.0 +2.0]"),
        ((5.0, None, None), "+z.0f", "+5"),
        ((None, None, None), "+z.0f", "·"),
    ],
)
def test_no_rounding_moves_an_end_onto_zero(figures, form, expected):
    row = dict(zip(["value", "low", "high"], figures, strict=True))
    assert with_interval(row, "value", "low", "high", form=form) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, "0 %"), (0.004, "<1 %"), (0.006, "1 %"), (1.0, "100 %"), (None, "·")],
)
def test_a_small_share_is_not_naught(share, expected):
    assert percent(share).plain == expected


# ---------------------------------------------------------------- mot drivers


def test_drivers_stand_with_intervals_factor_and_what_they_rest_on(
    rows, moments, documents, tmp_path
):
    target = tmp_path / "drivers.csv"
    shown = mot("drivers", moments, "--documents", documents, "-o", target, *MODEL)
    table = drivers(rows, documents)
    assert "Drivers of stars" in shown
    for row in each(table):
        line = line_of(shown, row.touchpoint, row.factor)
        for value, low, high in (
            (row.penalty, row.penalty_low, row.penalty_high),
            (row.reward, row.reward_low, row.reward_high),
        ):
            if not np.isnan(value):
                assert f"{value:+.2f} [{low:+.2f} {high:+.2f}]" in line
    assert line_of(shown, "delivery").split()[0] == "1"
    assert "80 documents have stars" in shown
    assert f"R² {table.attrs['r_squared']:.2f}" in shown
    assert "need not cause it" in " ".join(shown.split())
    assert list(pd.read_csv(target).columns) == list(table.columns)
    ranks = pd.read_csv(target, dtype="string").set_index("touchpoint")["rank"]
    assert ranks["delivery"] == "1"


def test_harm_is_red_whichever_way_the_outcome_counts(rows, documents):
    def coloured(**options):
        view = render_drivers(drivers(rows, documents, **options), ["touchpoint"])
        place = [row.plain for row in view.columns[1].cells].index("delivery")
        titles = [column.title.plain.split()[0] for column in view.columns]
        return {
            name: str(view.columns[titles.index(name)].cells[place].style)
            for name in ("impact", "penalty", "reward")
        }

    assert coloured()["penalty"] == "red"
    assert coloured(higher_is_better=False)["penalty"] == "green"
    assert coloured()["reward"] == "green"


def test_what_could_not_be_estimated_is_said_once(rows, moments, documents):
    shown = mot("drivers", moments, "--documents", documents, "--min-documents", 60, *MODEL)
    assert re.search(r"^too few documents .*: .*delivery", shown, re.MULTILINE)
    table = drivers(rows, documents)
    table["note"] = ["too few; too alike", "too alike"]
    first = table["touchpoint"][0]
    notes = [line.plain for line in render_drivers(table, ["touchpoint"]).below[:2]]
    assert notes == [f"too few: {first}", "too alike: all"]


def test_documents_may_resemble_each_other(moments, documents):
    table = pd.read_parquet(documents)
    table.assign(author=[f"a{n % 20}" for n in range(len(table))]).to_parquet(documents)
    shown = mot("drivers", moments, "--documents", documents, "--cluster", "author", *MODEL)
    formula = drivers(moments, documents, cluster="author").attrs["formula"]
    assert "author" in formula
    assert formula in " ".join(shown.split())


def test_moments_of_no_document_are_warned_of(moments, documents, capfd):
    table = pd.read_parquet(documents)
    table.head(50).to_parquet(documents)
    done = CliRunner().invoke(
        app, ["drivers", str(moments), "--documents", str(documents), "-o", "-", *MODEL]
    )
    assert done.exit_code == 0
    assert "warning: 60 moments are of no document in" in done.stderr
    assert "warning" not in done.stdout


def test_drivers_without_documents_say_how_to_make_them(moments):
    with pytest.raises(InputError, match=r"--documents documents\.parquet --keep nps"):
        mot("drivers", moments, "--outcome", "nps", *MODEL)
    with pytest.raises(
        InputError, match=r"no file d\.parquet; .*--documents d\.parquet --keep stars"
    ):
        mot("drivers", moments, "--documents", "d.parquet", *MODEL)
    with pytest.raises(InputError, match=r"--documents d\.parquet --keep \{x\}"):
        mot("drivers", moments, "--documents", "d.parquet", "--outcome", "{x}", *MODEL)


def test_an_outcome_of_which_less_is_better(moments, documents):
    arguments = ["drivers", moments, "--documents", documents, "-o", "-", *MODEL]
    more, less = (
        pd.read_csv(io.StringIO(mot(*arguments, f"--{which}-is-better"))).set_index("touchpoint")
        for which in ("higher", "lower")
    )
    assert more["make_or_break"]["delivery"] == -less["make_or_break"]["delivery"] != 0


# ---------------------------------------------------------------- what is written


READERS: dict[str, Any] = {
    "csv": pd.read_csv,
    "tsv": partial(pd.read_csv, sep="\t"),
    "parquet": pd.read_parquet,
    "jsonl": partial(pd.read_json, lines=True),
}


@pytest.mark.parametrize("ending", READERS)
def test_every_format_is_written_beside_what_is_shown(moments, tmp_path, ending):
    target = tmp_path / f"table.{ending}"
    assert "Moments of truth" in mot("table", moments, "--by", "touchpoint", "-o", target, *MODEL)
    found, expected = READERS[ending](target), moment_table(moments, "touchpoint")
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-12)


def test_markdown_is_written_beside_what_is_shown(moments, tmp_path):
    target = tmp_path / "table.md"
    assert "Moments of truth" in mot("table", moments, "--by", "touchpoint", "-o", target, *MODEL)
    heading, rule, *lines = target.read_text(encoding="utf-8").splitlines()
    assert heading.replace("\\", "") == f"| touchpoint | {' | '.join(TABLE_COLUMNS)} |"
    assert rule == "| --- |" + " ---: |" * len(TABLE_COLUMNS)
    assert [line.split(" | ")[0] for line in lines] == ["| store", "| delivery"]


def test_standard_output_takes_the_table_alone(moments):
    csv = mot("table", moments, "--by", "touchpoint", "-o", "-", *MODEL)
    assert pd.read_csv(io.StringIO(csv))["n"].tolist() == [80, 80]
    markdown = mot("table", moments, "--by", "touchpoint", "--output-format", "md", *MODEL)
    assert markdown.startswith("| touchpoint | n |")
    assert "Moments of truth" not in markdown
    jsonl = mot("table", moments, "-o", "-", "--output-format", "jsonl", *MODEL)
    assert [json.loads(line)["n"] for line in jsonl.splitlines()] == [80, 80]


def test_untrusted_text_neither_acts_on_the_terminal_nor_in_a_file(rows, tmp_path):
    source, target = tmp_path / "moments.parquet", tmp_path / "table.csv"
    rows.assign(brand=EVIL, **{EVIL: "a"}).to_parquet(source)
    shown = mot("table", source, "--by", f"brand,{EVIL}", "-o", target, *MODEL)
    assert "=[red]a[/red]|\ufffd[2J<b>" in shown
    assert "\x1b" not in shown
    assert target.read_text(encoding="utf-8").splitlines()[1].startswith("'=[red]")
    markdown = mot("table", source, "--by", "brand", "--output-format", "md", *MODEL)
    assert r"=\[red\]a\[/red\]\|" in markdown
    assert "\x1b" not in markdown
    assert "<b>" not in markdown


def test_missing_and_negative_figures_in_csv(rows, tmp_path):
    source = tmp_path / "moments.parquet"
    rows.head(1).assign(sentiment="negative", brand=None).to_parquet(source)
    csv = mot("table", source, "--by", "brand,pivotal", "-o", "-", *MODEL).splitlines()
    assert csv[1].startswith(",false,1,1,1.0,0.0,0.0,1.0,-100.0,,,")


# ---------------------------------------------------------------- what goes wrong


@pytest.fixture(params=["table", "compare", "drivers"])
def command(request, documents):
    """The words of a command, all but its moments."""
    more = ["--documents", documents] if request.param == "drivers" else []
    return [request.param, *more, *MODEL]


def test_files_that_are_not_there_say_how_to_make_them(command, tmp_path, moments):
    with pytest.raises(InputError, match=r"no file none\.parquet; make one with: mot predict"):
        mot(*command, moments, "none.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no Parquet file of moments; name another"):
        mot(*command, tmp_path / "empty")


def test_a_table_does_not_replace_what_it_is_made_of(command, moments):
    before = moments.read_bytes()
    with pytest.raises(OutputError, match=r"is what the table is made of; name another file"):
        mot(*command, moments, "-o", moments.parent / "." / moments.name)
    assert moments.read_bytes() == before


def test_drivers_do_not_replace_their_documents(moments, documents):
    with pytest.raises(OutputError, match=r"is what the table is made of"):
        mot("drivers", moments, "--documents", documents, "-o", documents, *MODEL)


def test_other_mistakes_are_named(command, moments, tmp_path):
    with pytest.raises(ColumnError, match=r"there is no column 'store' to table by"):
        mot(*command, moments, "--by", "store")
    with pytest.raises(InputError, match="confidence is 95"):
        mot(*command, moments, "--confidence", 95)
    with pytest.raises(OutputError, match=r"cannot tell the format of .*the formats are"):
        mot(*command, moments, "-o", tmp_path / "table.xlsx")
    (tmp_path / "moments.md").write_text("| a |\n| --- |\n")
    with pytest.raises(ReadError, match="is not a file of moments"):
        mot(*command, tmp_path / "moments.md")


def test_columns_that_the_shell_took_apart(command, moments):
    with pytest.raises(InputError, match=r"no file moment; .*separate columns by commas"):
        mot(*command, moments, "--by", "stage", "moment")
    with pytest.raises(ColumnError, match=r"stage,moment \(separate columns by commas\)\?"):
        mot(*command, moments, "--by", "stage moment")
    with pytest.raises(InputError, match=r"no file a/moment; make one with"):
        mot(*command, moments, "a/moment")


def test_a_misspelt_column_has_its_neighbour_named(command, moments):
    with pytest.raises(ColumnError, match=r"did you mean brand\?$"):
        mot(*command, moments, "--by", "brnad")
    with pytest.raises(ColumnError, match=r"did you mean touchpoint, sentiment\?$"):
        mot(*command, moments, "--by", "touchpiont,setniment")
    with pytest.raises(ColumnError) as error:
        mot(*command, moments, "--by", "xyzzy")
    assert "did you mean" not in str(error.value)


def test_what_is_not_misspelt_has_no_neighbour_named(command, rows, tmp_path):
    rows.drop(columns="date").to_parquet(tmp_path / "undated.parquet")
    for word in ("month", "there"):
        with pytest.raises(ColumnError) as error:
            mot(*command, tmp_path / "undated.parquet", "--by", word)
        assert "did you mean" not in str(error.value)


def test_a_report_names_the_neighbour_of_a_misspelt_column(rows, moments, documents, tmp_path):
    heads = ["stage", "moment", "touchpoint", "sentiment", "pivotal"]
    tagged = rows.assign(
        moment_id=[f"m{n}" for n in range(len(rows))], start=0, end=4, text="Late", speaker="",
        **{f"{head}_confidence": 0.9 for head in heads},
    )  # fmt: skip
    tagged.to_parquet(moments)
    command = ["report", moments, "--documents", documents, "-o", tmp_path / "page.html", *MODEL]
    with pytest.raises(
        ColumnError, match=r"no column 'brnad' to filter by; .*did you mean brand\?$"
    ):
        mot(*command, "--filter", "brnad")
    with pytest.raises(ColumnError, match=r"'brand date' .*mean brand,date \(separate columns by"):
        mot(*command, "--filter", "brand date")
    with pytest.raises(ColumnError, match=r"no column 'dtae' to take .*did you mean date\?$"):
        mot(*command, "--date", "dtae")
    with pytest.raises(ColumnError, match=r"no column 'starz' for .*did you mean stars\?$"):
        mot(*command, "--outcome", "starz")
    tagged.drop(columns="text").to_parquet(moments)
    with pytest.raises(ColumnError, match=r"lack the columns text, .* predict returned$"):
        mot(*command, "--filter", "text")


def test_an_outcome_that_documents_lack_says_how_to_keep_it(moments, documents):
    keep = r"Keep it when you tag: mot predict .*--documents documents\.parquet --keep nps$"
    with pytest.raises(ColumnError, match=keep):
        mot("drivers", moments, "--documents", documents, "--outcome", "nps", *MODEL)
    with pytest.raises(ColumnError) as error:
        mot("drivers", moments, "--documents", documents, "--cluster", "nps", *MODEL)
    assert "when you tag" not in str(error.value)


def test_a_report_is_an_html_page(moments, tmp_path):
    with pytest.raises(OutputError, match=r"a report is HTML"):
        mot("report", moments, "-o", tmp_path / "x.pdf", *MODEL)
    assert not (tmp_path / "x.pdf").exists()


def in_shell(line):
    """A line for bash, with ``mot`` in it, as users type it; 80 columns wide."""
    run = f'mot() {{ {sys.executable} -m mot_nlp "$@" --model {BUNDLE}; }}; set -o pipefail; {line}'
    environment = {**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1"}
    return subprocess.run(
        ["bash", "-c", run],
        capture_output=True, text=True, encoding="utf-8", env=environment, cwd=ROOT, check=False,
    )  # fmt: skip


def test_mistakes_are_one_error_and_exit_code_1(command, moments):
    done = in_shell(f"mot {command[0]} {moments} --by brnad")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("to", ["", "-o -", "--output-format md"])
def test_a_reader_that_stops_early_is_no_accident(rows, tmp_path, to):
    source = tmp_path / "moments.parquet"
    pd.concat([rows.assign(brand=f"{n:04}") for n in range(300)]).to_parquet(source)
    done = in_shell(f"mot table {source} --by brand,touchpoint {to} | head -1")
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
