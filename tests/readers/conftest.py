"""What the reader tests share."""

from __future__ import annotations

import pytest


@pytest.fixture
def write(tmp_path):
    """Write bytes or text to a file, in a folder if its name has one, and return its path."""

    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put
