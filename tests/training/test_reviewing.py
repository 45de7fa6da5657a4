"""What of a list of suspects goes into a project, and how its tasks tell of it."""

from dataclasses import replace

import pandas as pd

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from tests.training.signal import signal
from training.reviewing import FIRST, first, review_tasks

TABLE = read_taxonomy(TAXONOMY)


def doubt(document, segment, head, suggested, quality):
    given = document.labels[segment - 1][head]
    return {"id": document.id, "segment": segment, "head": head, "given": given,
            "suggested": suggested, "quality": quality}  # fmt: skip


def test_the_first_share_is_rounded_up():
    assert [len(first(pd.DataFrame({"a": range(n)}))) for n in (0, 1, 7, 100)] == [0, 1, 2, 15]
    assert 0 < FIRST < 1


def test_labels_that_the_model_would_give_too_are_not_doubted():
    documents, _ = signal(2)
    same = documents[0].labels[0]["sentiment"]
    rows = pd.DataFrame([doubt(documents[0], 1, "sentiment", same, 0.4)])
    assert list(review_tasks(documents, rows, TABLE, model="audit")) == []


def test_the_most_doubtful_document_comes_first_and_long_notes_are_cut():
    documents, _ = signal(2)
    own = [replace(d, segments=d.segments[:1] * 8, labels=d.labels[:1] * 8) for d in documents]
    rows = [doubt(own[1], number, "stage", "none", 0.1) for number in range(1, 9)]
    rows.append(doubt(own[0], 2, "touchpoint", "none", 0.3))
    doubtful = pd.DataFrame([row for row in rows if row["given"] != "none"])
    tasks = list(review_tasks(own, doubtful, TABLE, model="audit"))
    assert [(task.id, round(task.score, 2)) for task in tasks] == [("d1", 0.9), ("d0", 0.7)]
    assert tasks[0].notes["doubtful"].endswith("; and 2 more")
    assert tasks[0].notes["doubtful"].count("or none?") == 6
    assert tasks[1].notes["doubtful"].startswith("segment 2: touchpoint ")
