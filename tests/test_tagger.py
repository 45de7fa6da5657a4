"""The steps joined. Most tests run on the tiny bundle; the first on the shipped one as well."""

import csv
import itertools
import random

import numpy as np
import pytest

from mot_nlp.bundle import open_bundle, shipped_path
from mot_nlp.errors import InputError
from mot_nlp.records import Document
from mot_nlp.session import Session
from mot_nlp.tagger import CHUNK_DOCUMENTS, MomentTagger, chunks
from mot_nlp.transcripts import document
from tests.tiny import BUNDLE, ROOT


@pytest.fixture(scope="module")
def tagger():
    return MomentTagger.load(BUNDLE)


@pytest.fixture(scope="module")
def examples():
    """Over 500 documents: the example data, and their first and second halves."""
    with (ROOT / "data" / "examples" / "feedback.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    halves = [half for t in texts for half in (t[: len(t) // 2], t[len(t) // 2 :]) if half.strip()]
    found = []
    for number, text in enumerate([*texts, *halves]):
        try:
            found.append(document(str(number), text))
        except InputError:  # half a transcript may have no customer
            continue
    return found


def scores_by_id(tagger, documents):
    return {tagged.document.id: tagged.segments for tagged in tagger.stream(documents)}


@pytest.mark.parametrize(
    "path", [BUNDLE, pytest.param(None, marks=pytest.mark.slow)], ids=["tiny", "shipped"]
)
def test_same_row_same_answer_alone_in_any_batch_and_in_any_order(path, examples):
    tagger = MomentTagger.load(path)
    assert len(examples) >= 500
    together = scores_by_id(tagger, examples)
    shuffled = random.Random(0).sample(examples, len(examples))
    assert scores_by_id(tagger, shuffled) == together
    chunked = scores_by_id(tagger, examples[CHUNK_DOCUMENTS // 3 :])
    assert chunked == {key: together[key] for key in chunked}
    for entry in examples[:: 1 if path is BUNDLE else 5]:
        assert scores_by_id(tagger, [entry])[entry.id] == together[entry.id]


def test_order_is_kept_and_nothing_is_lost(tagger, examples):
    assert [t.document.id for t in tagger.stream(examples)] == [d.id for d in examples]


def test_a_stream_may_have_no_end(tagger):
    endless = (document(str(n), f"Parcel {n} came late.") for n in itertools.count())
    first = list(itertools.islice(tagger.stream(endless), 3))
    assert [tagged.document.id for tagged in first] == ["0", "1", "2"]


def test_two_streams_at_once_do_not_mix(tagger, examples):
    expected = scores_by_id(tagger, examples)
    pairs = zip(tagger.stream(examples), tagger.stream(examples[::-1]), strict=True)
    for left, right in pairs:
        assert left.segments == expected[left.document.id]
        assert right.segments == expected[right.document.id]


def test_a_live_feed_may_ask_for_small_chunks(tagger):
    read = []

    def feed():
        for number in range(100):
            read.append(number)
            yield document(str(number), "It broke.")

    next(tagger.stream(feed(), chunk=1))
    assert len(read) <= 3


def test_batches_are_what_a_stream_gives(tagger, examples):
    few = examples[:90]
    batches = [few[:40], [], few[40:41], few[41:]]
    found = list(tagger.batches(batches))
    assert [len(results) for results in found] == [40, 0, 1, 49]
    expected = scores_by_id(tagger, few)
    assert [t.document.id for results in found for t in results] == [d.id for d in few]
    for tagged in itertools.chain.from_iterable(found):
        assert tagged.segments == expected[tagged.document.id]


def test_results_of_a_batch_come_when_the_next_is_asked_for(tagger, examples):
    asked = []

    def batches():
        for number in range(4):
            asked.append(number)
            # An empty one asks for nothing more than what is being inferred.
            yield [] if number == 2 else examples[number : number + 1]

    found = tagger.batches(batches())
    assert asked == []
    assert [t.document.id for t in next(found)] == [examples[0].id]
    assert asked == [0, 1]
    assert [t.document.id for t in next(found)] == [examples[1].id]
    assert asked == [0, 1, 2]
    assert [len(results) for results in found] == [0, 1]
    assert list(tagger.batches([])) == []


def test_chunks_are_bounded_by_documents_and_characters(monkeypatch):
    from mot_nlp import tagger as module

    monkeypatch.setattr(module, "CHUNK_CHARACTERS", 100)
    sizes = [10, 10, 90, 10, 500, 10, 10, 10, 10]
    texts = [document(str(n), "x" * size) for n, size in enumerate(sizes)]
    found = list(chunks(iter(texts), 3))
    assert [[len(d.text) for d in chunk] for chunk in found] == [
        [10, 10, 90],
        [10, 500],
        [10, 10, 10],
        [10],
    ]
    assert list(itertools.chain.from_iterable(found)) == texts
    assert list(chunks([])) == []
    with pytest.raises(InputError, match="not int; make one with"):
        list(chunks([5]))  # type: ignore[list-item]


def test_what_is_no_document_is_refused(tagger):
    with pytest.raises(InputError, match=r"not str; make one with mot_nlp\.document"):
        list(tagger.stream(["It broke."]))


def test_no_documents_no_results(tagger):
    assert list(tagger.stream([])) == []
    assert tagger.scores([]).shape == (0, tagger.taxonomy.width)


def test_a_document_without_customer_segments_has_no_rows(tagger):
    empty = Document("e", "…", "review", ())
    full = document("f", "It broke.")
    found = list(tagger.stream([empty, full, empty]))
    assert [len(tagged.segments) for tagged in found] == [0, 1, 0]
    assert found[0].moments == ()


def test_labels_are_allowed_and_numbers_in_range(tagger, examples):
    for tagged in tagger.stream(examples):
        for row in tagged.segments:
            assert (row.labels["stage"], row.labels["moment"]) in tagger.taxonomy.pairs
            assert -1 <= row.sentiment_score <= 1
            assert all(0 < value <= 1 for value in row.confidences.values())
        for moment in tagged.moments:
            assert moment.labels["stage"] != "none"
            assert tagged.document.text[moment.start : moment.end].strip()


def test_a_text_of_many_windows_is_tagged_to_its_end(tagger):
    text = " ".join(f"The kettle number {n} broke after {n} days." for n in range(400))
    (tagged,) = tagger.stream([document("long", text)])
    assert len(tagged.segments) == 400
    assert tagged.segments[-1].end == len(text)


def test_given_segments_are_used_as_they_are(tagger):
    entry = document("1", "It broke. They never answered.")
    spans = tagger._segmenter(entry)
    assert np.array_equal(tagger.scores([entry], segments=[spans]), tagger.scores([entry]))
    (merged,) = tagger.stream([entry], segments=[spans[:1]])
    assert len(merged.segments) == 1


def test_precision_must_be_held_by_the_bundle():
    with pytest.raises(InputError, match="precision 'fp8' is not in this bundle, which holds"):
        MomentTagger.load(BUNDLE, precision="fp8")


def test_threads_must_be_positive():
    with pytest.raises(InputError, match="threads is 0; allowed: 1 or more"):
        Session(open_bundle(BUNDLE), threads=0)


def test_one_thread_says_what_all_threads_say(tagger, examples):
    one = MomentTagger.load(BUNDLE, threads=1)
    assert scores_by_id(one, examples[:50]) == scores_by_id(tagger, examples[:50])


def test_an_unreadable_graph_is_a_bundle_error(tmp_path):
    import shutil

    from mot_nlp.bundle import write_manifest
    from mot_nlp.errors import BundleError

    folder = tmp_path / "bundle"
    shutil.copytree(BUNDLE, folder)
    (folder / "model.xml").write_text("<net>")
    write_manifest(folder, open_bundle(BUNDLE).manifest)
    with pytest.raises(BundleError, match=r"OpenVINO cannot use .*model\.xml"):
        MomentTagger.load(folder)


def test_the_shipped_bundle_is_found_and_sound():
    assert open_bundle().path == shipped_path()
    assert open_bundle().manifest.name == "mot-minilm"
