"""What runs on the nodes for a job: an actor that owns a tagger and tags shards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.batch.tagging import Collector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.batch.options import Options
    from mot_nlp.batch.tagging import Tagged
    from mot_nlp.distributed.delivery import RemoteModel
    from mot_nlp.records import Document
    from mot_nlp.tagger import MomentTagger

STREAMS = 2
"""Shards an actor tags at a time: one is prepared while the other is inferred, without a gap."""


class ShardTagger:
    """Tags shards; never touches the job's folder, so that one that is lost can do no harm.

    Args:
        options: What is asked for.
    """

    def __init__(self, options: Options) -> None:
        self._options = options

    def load(self, model: RemoteModel) -> None:
        """Load the model; before anything is tagged.

        Not when the actor is made, as Ray tells less about what goes wrong there.

        Raises:
            MotError: It cannot be loaded on this node.
        """
        self._tagger = model.tagger()

    def tag(self, documents: Sequence[Document]) -> Tagged:
        """The rows of a shard; may be called by ``STREAMS`` threads at a time."""
        return tagged_shard(self._tagger, documents, self._options)


def tagged_shard(tagger: MomentTagger, documents: Sequence[Document], options: Options) -> Tagged:
    """The rows of documents, each text tagged once."""
    from mot_nlp.tagger import chunks

    collector = Collector(documents, options, tagger.taxonomy.extras)
    for results in tagger.batches(chunks(collector.distinct())):
        collector.add(results)
    return collector.tagged
