"""Speaker turns: where each one's words start and end, and which are the customer's.

A turn starts with a line ``Speaker: words``; a time may stand before the speaker or, in brackets,
behind it. A speaker has up to 30 characters and four words and looks like a name: one word, all
words capitalised, words such as "support team", or a name used more than once. Headings such as
"Pros:", "Edit:" or "Note:" and prose that holds a colon belong to the turn before them.

Who the customer is, by the first rule that applies:

1. ``customer`` is given: the turns of that speaker, whatever the case, and no others.
2. A speaker's name holds a customer's word (customer, caller, guest, me, …) and no agent's word
   (agent, support, bot, …): exactly those speakers.
3. A speaker's name holds an agent's word: everybody else.
4. Someone uses a service phrase ("how can I help", "thanks for calling", "welcome to", …): the
   first to do so is the agent, everybody else is a customer.
5. The first speaker.

Words before the first speaker are nobody's, so they are the customer's only if no speaker is a
customer. Text without any speaker is one customer turn.
"""

from mot_nlp.transcripts.turns import (
    POST_LENGTH,
    document,
    document_from_turns,
    guess_source,
    parse_turns,
    without_surrogates,
)

__all__ = [
    "POST_LENGTH",
    "document",
    "document_from_turns",
    "guess_source",
    "parse_turns",
    "without_surrogates",
]
