"""Mail addresses, handles, links and internet addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.masking.rules import LEFT, MASK, RIGHT, before, compiled, rule

if TYPE_CHECKING:
    import re

_PROVIDERS = r"""
    (?:aol|btinternet|gmail|gmx|googlemail|hotmail|icloud|live|mail|me|msn|outlook|proton|protonmail
    |sky|yahoo|ymail)
    """
_VERSION = compiled(
    r"\b (?: build | firmware | ios | patch | release | software | update | ver | version ) \b"
)
_LONGEST = 500
"""Characters of either part of a web address that are read."""
_NEAR = 24
"""Characters before four numbers in which they are called a version."""


def _is_address(match: re.Match[str]) -> bool:
    """Whether four numbers are an internet address, not a version ("firmware 1.20.3.8")."""
    octets = [int(octet) for octet in match[0].split(".")]
    is_version = _VERSION.search(before(match, _NEAR)) is not None
    return 31 < max(octets) <= 255 and not is_version


MAIL = (
    rule(
        "email",
        # The border before the name is that of all its characters, so that a name is read once.
        rf"""
        (?<![\w.+%'{MASK}-]) [.+%'-]*+ (?P<hidden>
            \w [\w.+%'-]*+ @ (?:[\w-]++\.)+ [^\W\d_]{{2,}}+
        )
        """,
    ),
)
WRITTEN_MAIL = (
    rule(
        "email",
        rf"""
        (?<![\w.+{MASK}-]) (?P<hidden>
            \w [\w.+-]*+ [ ]?[\[(](?:at|@)[\])][ ]? [\w-]++
            (?: (?: \. | [ ]?[\[(]dot[\])][ ]? ) [\w-]++ )++
        )
        """,
    ),
    rule(
        "email",
        rf"""
        {LEFT} (?: \w++ [ ] (?:dot|dash|hyphen|underscore) [ ] ){{0,4}} \w++ [ ]at[ ] {_PROVIDERS}
        (?: (?: [ ]dot[ ] | \. ) (?:com|net|org|co|uk|ie|de|fr|in|ca|au) ){{1,2}} {RIGHT}
        """,
    ),
)
LINKS = (
    rule(
        "link",
        rf"""
        \b https?:// [^\s?\#]{{0,{_LONGEST}}}+ [?\#] (?!{MASK})
        (?P<hidden> \S{{0,{_LONGEST}}} [^\s.,;:!?)\]\"'] )
        """,
    ),
    rule("link", rf"\b https?:// (?P<hidden> [^\s/?\#@{MASK}]{{1,{_LONGEST}}}+ ) @"),
)
HANDLES = (
    rule("handle", rf"(?<![\w@{MASK}]) @ (?=\w{{2}}) [^\W\d] \w*+ (?: \.\w++ )*+"),
    rule("handle", rf"(?<![\w/{MASK}]) /?u/ [\w-]{{3,20}}+ {RIGHT}"),
)
ADDRESSES = (
    rule(
        "ip",
        rf"{LEFT} (?<![.-]) (?:\d{{1,3}}\.){{3}} \d{{1,3}} {RIGHT} (?!\.[\d{MASK}])",
        _is_address,
    ),
)
