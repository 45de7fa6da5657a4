"""Charts as picture files, made without a browser or a network."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from mot_nlp.errors import OutputError
from mot_nlp.writers.base import PART

if TYPE_CHECKING:
    import altair as alt

FORMATS = (".svg", ".png")

SHARPNESS = 2
"""Pixels of a PNG for each pixel of the chart, both ways."""


def save(chart: alt.TopLevelMixin, path: str | Path) -> None:
    """Save a chart as SVG or PNG, by the suffix; a file that exists is replaced at the end.

    A chart as wide as its container is as wide as a notebook here. An SVG names the system's sans
    serif faces and does not carry them; a PNG has ``SHARPNESS`` squared pixels for one.

    Args:
        chart: Any Altair chart that needs no network.
        path: The file, ending in ``.svg`` or ``.png``.

    Raises:
        OutputError: The suffix is another, or the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise OutputError(
            f"cannot tell the format of {path} by its name; a chart is saved as SVG or PNG, so end "
            "the name in .svg or .png"
        )
    content = _svg(chart) if suffix == ".svg" else _png(chart)
    part = path.with_name(path.name + PART)
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); check the folder's permissions "
            "and free space, or name another file"
        ) from error


def _svg(chart: alt.TopLevelMixin) -> bytes:
    """With the chart's description, which Vega leaves to the page that shows it."""
    stream = StringIO()
    chart.save(stream, format="svg", engine="vl-convert")
    described = quoteattr(str(chart.to_dict().get("description", "chart")))
    opening = f'<svg role="graphics-document" aria-label={described} '
    return stream.getvalue().replace("<svg ", opening, 1).encode()


def _png(chart: alt.TopLevelMixin) -> bytes:
    stream = BytesIO()
    chart.save(stream, format="png", engine="vl-convert", scale_factor=SHARPNESS)
    return stream.getvalue()
