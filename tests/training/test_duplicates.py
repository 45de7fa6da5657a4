from mot_nlp.records import Segment
from training.corpus import LabelledDocument
from training.duplicates import near_duplicates


def doc(name, text):
    return LabelledDocument(name, "review", "", "", text, (Segment(0, len(text), 0),), ({},))


def test_finds_near_copies_and_nothing_else():
    story = "the kettle arrived on tuesday with a dent in the lid and nobody at the shop would help"
    train = [doc("t1", story), doc("t2", "an entirely different tale about a hotel with a pool")]
    held_out = [doc("v1", story.replace("nobody", "no one")), doc("v2", "they never called back")]
    (pair,) = near_duplicates(held_out, train)
    assert (pair.held_out, pair.train) == ("v1", "t1")
    assert 0.5 <= pair.overlap < 1


def test_equal_texts_overlap_fully_and_nothing_is_no_pair():
    same = doc("a", "one two three four five")
    assert near_duplicates([same], [same])[0].overlap == 1.0
    assert near_duplicates([], [same]) == []
    assert near_duplicates([doc("b", "hi")], [doc("c", "hi")]) == []
