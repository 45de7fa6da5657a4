"""The report in a real browser: filters, sorting, safety, accessibility.

Needs Chromium (Debian: ``apt-get install chromium``); without it these tests are skipped.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mot_nlp.reporting import report
from mot_nlp.reporting.numbers import interval, percent, signed, words
from mot_nlp.tables import moment_table
from tests.reporting.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from playwright.sync_api import Browser, Page

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; apt-get install chromium"),
]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
VIEWS = {
    "stage": ("stage",),
    "touchpoint": ("touchpoint",),
    "stage_moment": ("stage", "moment"),
}
MIN_N = 5


@pytest.fixture(scope="module")
def rows():
    return world()


@pytest.fixture(scope="module")
def path(rows, tmp_path_factory):
    moments, documents = rows
    target = tmp_path_factory.mktemp("report") / "report.html"
    return report(moments, documents, path=target, title="A <title> & more", rejected=3)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Visit:
    """A page that was opened, with all that it complained of and asked for."""

    def __init__(self, browser: Browser, path, *, width=1280, scheme="light", scripts=True) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        if scripts:
            self.page.wait_for_selector("body[data-shown]")

    def choose(self, label: str, option: str) -> None:
        """Choose from a list, and wait until everything shows it."""
        before = self.page.get_attribute("body", "data-shown")
        self.page.get_by_label(label, exact=True).select_option(label=option)
        self.page.wait_for_function(f"document.body.dataset.shown !== '{before}'")

    def unfold(self) -> None:
        """Open what is folded."""
        self.page.evaluate(
            "document.querySelectorAll('details').forEach(one => { one.open = true })"
        )

    def table(self, name: str) -> list[list[str]]:
        """The cells of a table as shown."""
        lines = self.page.locator(f"#table-{name} tbody tr").all()
        return [line.locator("th, td").all_inner_texts() for line in lines]


@pytest.fixture
def visit(browser, path):
    opened: list[Visit] = []

    def visit(**options) -> Visit:
        opened.append(Visit(browser, path, **options))
        return opened[-1]

    yield visit
    for one in opened:
        one.context.close()


def shown(table: pd.DataFrame, by) -> list[list[str]]:
    """A moment table as the page writes it."""
    return [
        [
            *(words(row[name]) for name in by),
            f"{row['n']:,}",
            signed(row["net_sentiment"]),
            interval(row["net_low"], row["net_high"]),
            *(percent(row[name]) for name in ("share", "positive", "neutral", "negative", "pivotal_share")),
            f"{row['documents']:,}",
        ]
        for row in table.to_dict("records")
    ]  # fmt: skip


def test_says_nothing_asks_for_nothing_and_runs_no_text(visit, path):
    one = visit()
    assert one.said == []
    assert one.asked == [path.as_uri()]
    assert one.page.evaluate("window.hacked") is None
    assert one.page.title() == "A <title> & more"
    one.unfold()
    quotes = " ".join(one.page.locator("blockquote").all_inner_texts())
    assert "<script>" in quotes or "</style>" in quotes or "<img" in quotes
    assert one.page.locator("blockquote img, blockquote script, blockquote style").count() == 0


def test_the_policy_stops_a_script_that_got_in(visit):
    one = visit()
    one.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 9'}))"
    )
    assert one.page.evaluate("window.hacked") is None


def test_tables_without_scripts_are_those_that_scripts_make(visit):
    plain, live = visit(scripts=False), visit()
    for name in VIEWS:
        assert plain.table(name) == live.table(name)
        assert len(live.table(name)) > 1


@pytest.mark.parametrize("name", VIEWS)
def test_a_filtered_table_is_the_table_of_the_filtered_rows(visit, rows, name):
    moments, documents = rows
    one = visit()
    assert one.table(name) == shown(moment_table(moments, VIEWS[name], min_n=MIN_N), VIEWS[name])

    one.choose("Brand", "Lun <b>")
    part = moments[moments["brand"] == "Lun <b>"]
    assert one.table(name) == shown(moment_table(part, VIEWS[name], min_n=MIN_N), VIEWS[name])

    social = documents.loc[documents["source"] == "social", "doc_id"]
    one.choose("Brand", "All")
    one.choose("Source", "social")
    one.choose("From", "2026-02")
    one.choose("To", "2026-04")
    part = moments[
        moments["doc_id"].isin(social) & moments["date"].between("2026-02-01", "2026-04-30")
    ]
    assert one.table(name) == shown(moment_table(part, VIEWS[name], min_n=MIN_N), VIEWS[name])
    assert one.page.inner_text("#filtered") == (
        f"{len(part)} of {len(moments)} moments: Source social, From 2026-02, To 2026-04"
    )

    one.page.get_by_role("button", name="Reset").click()
    one.page.wait_for_function(
        f"document.getElementById('filtered').textContent.startsWith('{len(moments)}')"
    )
    assert one.table(name) == shown(moment_table(moments, VIEWS[name], min_n=MIN_N), VIEWS[name])


def test_nothing_left_by_the_filters_is_shown_as_nothing(visit):
    one = visit()
    one.choose("From", "2026-05")
    one.choose("To", "2026-01")
    assert one.table("stage") == []
    assert one.page.inner_text("#filtered").endswith("(From is after To)")
    assert one.said == []


def test_charts_are_drawn_and_follow_the_filters(visit):
    one = visit()
    names = ("journey", "heat", "make_or_break", "trend", "flow")
    before = {name: one.page.inner_html(f"#chart-{name} svg") for name in names}
    one.choose("Brand", "Tal")
    after = {name: one.page.inner_html(f"#chart-{name} svg") for name in names}
    changed = {name for name in names if before[name] != after[name]}
    assert changed == {"journey", "heat", "trend", "flow"}
    trend = after["trend"]
    one.page.get_by_label("Trend of").select_option(label="delivery")
    one.page.wait_for_function(
        "before => document.querySelector('#chart-trend svg').innerHTML !== before", arg=trend
    )
    assert one.said == []


def test_sorting_by_keyboard(visit):
    one = visit()
    head = one.page.locator("#table-touchpoint thead th", has_text="net")
    head.locator("button").focus()
    for state, factor in (("descending", -1), ("ascending", 1)):
        one.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == state
        nets = [int(row[2].replace("−", "-")) for row in one.table("touchpoint")]
        assert nets == sorted(nets, key=lambda net: factor * net)
    one.page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "none"
    assert one.table("touchpoint")[0][0] == "price"
    one.page.keyboard.press("Enter")
    one.page.keyboard.press("Enter")
    one.choose("Brand", "Tal")
    nets = [int(row[2].replace("−", "-")) for row in one.table("touchpoint") if row[2] != "·"]
    assert nets == sorted(nets)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_and_no_wider_than_the_screen(visit, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    one = visit(width=width, scheme=scheme)
    one.unfold()
    found = Axe().run(one.page).response["violations"]
    assert [(entry["id"], entry["nodes"][0]["html"]) for entry in found] == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width


def test_prints_what_is_shown_and_folded(visit):
    one = visit()
    one.page.emulate_media(media="print")
    assert not one.page.get_by_role("button", name="Reset").is_visible()
    assert one.page.locator("details blockquote").last.is_visible()
    assert one.page.locator("#table-stage").is_visible()
    assert len(one.page.pdf()) > 10_000
