"""Draw docs/report.png, the picture of the report: a report of the example data in a browser.

python docs/make_report_picture.py [CHROMIUM]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import pandas as pd
from playwright.sync_api import sync_playwright

import mot_nlp

WIDTH, HEIGHT = 1160, 1330


def main() -> None:
    """Photograph the head of the page."""
    root = Path(__file__).resolve().parent.parent
    chromium = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium")
    feedback = pd.read_csv(root / "data" / "examples" / "feedback.csv")
    moments, documents = mot_nlp.predict(feedback, keep=["brand", "date", "stars"], documents=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = mot_nlp.report(moments, documents, path=Path(folder) / "report.html")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-shown]")
        page.screenshot(path=root / "docs" / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
