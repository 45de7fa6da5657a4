"""Lines of what stands in a TOML file."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.taxonomy.positions import line_numbers

STRINGS = """a = 1 # [no]
[b."c d".e]
x.y = "]"
z = [ # one
  [1, 2],
  "three", # "
]
"""
INLINE = """t = {a = 1, 'b' = {c = [1, [2]]}}
m = \"\"\"
[x]
\\\"\"\"\"\"
n = '''
q = 1
'''
last = 2020-01-01 10:00:00
"""
WINDOWS = '"k\\u00e9y" = -1.5e3\r\n[ spaced . out ]\r\nempty = []\r\nnone = {}\r\n'
TABLES = '[[list]]\na = 1\n[[list]]\na = 2\n[list.own]\nb = ""\n'


def places(value, place=()):
    """The way to every value of parsed TOML."""
    found = {place}
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in entries:
        inner = isinstance(entry, (dict, list))
        found |= places(entry, (*place, key)) if inner else {(*place, key)}
    return found


@pytest.mark.parametrize("text", [STRINGS, INLINE, WINDOWS], ids=["strings", "inline", "windows"])
def test_every_value_has_a_line(text):
    lines, there = line_numbers(text), places(tomllib.loads(text))
    on_the_way = {("b",), ("b", "c d"), ("spaced",)}  # tables that a header names on its way
    assert there - set(lines) <= on_the_way
    assert set(lines) <= there


def test_lines_of_tricky_texts():
    lines = line_numbers(STRINGS)
    assert lines["b", "c d", "e", "x", "y"] == 3
    assert (lines["b", "c d", "e", "z", 0, 1], lines["b", "c d", "e", "z", 1]) == (5, 6)
    lines = line_numbers(INLINE)
    assert [lines[("t", "b", "c", 1, 0)], lines[("m",)], lines[("n",)], lines[("last",)]] == [
        1,
        2,
        5,
        8,
    ]
    lines = line_numbers(WINDOWS)
    assert [lines[("kéy",)], lines["spaced", "out"], lines["spaced", "out", "none"]] == [1, 2, 4]
    lines = line_numbers(TABLES)
    assert [lines["list", 0, "a"], lines["list", 1, "a"], lines["list", "own", "b"]] == [2, 4, 6]


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
        max_size=6,
    )
)
def test_any_text_may_stand_in_a_list(labels):
    quoted = ['"' + label.replace("\\", "\\\\").replace('"', '\\"') + '"' for label in labels]
    listed = "".join(f"{label},\n" for label in quoted)
    text = f"[heads]\nlabels = [\n{listed}]\nlast = 1\n"
    assert tomllib.loads(text)["heads"]["labels"] == labels
    lines = line_numbers(text)
    found = [lines["heads", "labels", number] for number in range(len(labels))]
    assert found == list(range(3, 3 + len(labels)))
    assert lines["heads", "last"] == 4 + len(labels)
