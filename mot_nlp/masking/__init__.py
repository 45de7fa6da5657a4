"""Personal data in feedback: found by its form, and masked without moving a character.

``mask`` puts one ``█`` for every character it hides, so the masked text is exactly as long as the
text: every offset into the one is an offset into the other, and ``mask(text)[start:end]`` is the
masked form of ``text[start:end]``. Mask the whole document and slice it after that: an address cut
by a segment border is then hidden in both segments, which masking the slices could not do. A full
block, and not ``*`` or ``[phone]``, because reviews do not use it, Markdown has no meaning for it,
and it does not change a length.

What is hidden, by kind:

- ``email``: mail addresses, also "jane (at) mail (dot) com" and, at the large mail providers, as
  spoken ("jane dot doe at gmail dot com").
- ``link``: in a web address, what stands behind ``?`` or ``#``, and a name and password before the
  host. Host and path stay.
- ``account``: IBANs whose checksum holds; British sort codes, with the account number behind.
- ``card``: payment card numbers whose checksum (Luhn) holds, spaced, dashed or neither.
- ``phone``: international numbers (+…, 00…); national ones in the usual forms of Britain, Ireland,
  North America, India, Australia, Brazil, France, Germany and others that start with 0; shorter
  ones behind words such as "call", "text" or "mobile".
- ``number``: what stands behind "account", "order no.", "ref", "policy", "booking" and their like,
  also in the answer to an agent who asked for it; a PIN or security code that is called one;
  ``#12345``; nine digits or more in one piece, or in one code of letters and digits.
- ``ip``: IPv4 addresses.
- ``handle``: ``@name``, ``u/name``. A brand's handle looks like a person's and is hidden too.

What is **not** caught: names of people, also before the colon of a turn; user names; postal
addresses and post codes; dates of birth, ages, number plates, passwords; digits in words ("oh seven
seven double oh"); numbers that are cut by words or lines; short order or account numbers that
nothing names; a handle without ``@``; IPv6; a path or host that names a person; anything in columns
other than the text. Nor can form tell a number that is personal from one that is not: part numbers
and bar codes of nine digits are hidden as well. Masking makes a text less personal. It does not make
it anonymous.
"""

from mot_nlp.masking.finding import find, mask
from mot_nlp.masking.rules import KINDS, MASK, Span

__all__ = ["KINDS", "MASK", "Span", "find", "mask"]
