"""Customer turns to segments: sentences, and clauses where a sentence turns.

spaCy's English tokenizer knows abbreviations, prices, URLs and emoticons; the rules here say
where a segment ends. They follow how people write feedback, not how books are printed: a new
sentence need not begin with a capital, emojis close a sentence, a line break ends a list item,
and a long stretch without any full stop is cut where a new subject begins.

Every non-space character of a customer turn belongs to exactly one segment.
"""

from mot_nlp.segmentation.segmenter import Segmenter

__all__ = ["Segmenter"]
