"""A small world of feedback for the report: three brands, five months, and hostile texts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mot_nlp.records import MOMENT_COLUMNS

HOSTILE = (
    "<script>window.hacked = 1</script> the parcel never came at all",
    "</style><style>body { display: none }</style> a very long wait on the phone",
    "</script><img src=x onerror='window.hacked = 2'> returned it twice, no refund yet",
    "{{ 7 * 7 }} {% raw %} & &amp; \" ' ` ${window.hacked = 3} good value for the money",
    "\u2028 it was fine \u202e txet desrever and then some more words",
)
TOUCHPOINTS = ("delivery", "support", "product", "price")
STAGES = {"delivery": "post_purchase", "support": "post_purchase", "product": "post_purchase",
          "price": "consideration"}  # fmt: skip
MOMENTS = {"post_purchase": "smot", "consideration": "zmot"}


def world(documents: int = 120, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Moments and documents, in the columns that predict gives, with brand, date and stars kept."""
    rng = np.random.default_rng(seed)
    brands = ("Ode & Sons", "Lun <b>", "Tal")
    moments, feedback = [], []
    for number in range(documents):
        brand = brands[number % 3]
        date = pd.Timestamp("2026-01-05") + pd.Timedelta(days=int(rng.integers(0, 140)))
        kept = {"brand": brand, "date": date.date().isoformat()}
        offset, stars = 0, 3.0
        count = int(rng.integers(0, 5))
        for k in range(count):
            touchpoint = TOUCHPOINTS[int(rng.integers(len(TOUCHPOINTS)))]
            score = float(np.round(rng.uniform(-1, 1), 3))
            sentiment = "positive" if score > 0.3 else "negative" if score < -0.2 else "neutral"
            stars += {"positive": 0.6, "neutral": 0.0, "negative": -0.9}[sentiment]
            text = HOSTILE[(number + k) % 5] if number % 4 == 0 else (
                f"What we say about {touchpoint} in sentence {number} is number {k} of them."
            )  # fmt: skip
            stage = STAGES[touchpoint]
            confidences = {f"{head}_confidence": float(np.round(rng.uniform(0.5, 1), 3))
                           for head in ("stage", "moment", "touchpoint", "sentiment", "pivotal")}  # fmt: skip
            moments.append(
                {"doc_id": f"d{number}", "moment_id": f"d{number}#{k + 1}", "start": offset,
                 "end": offset + len(text), "text": text, "speaker": "", "stage": stage,
                 "moment": MOMENTS[stage], "touchpoint": touchpoint, "sentiment": sentiment,
                 "sentiment_score": score, "pivotal": bool(rng.random() < 0.2), **confidences,
                 "n_segments": 1, **kept}
            )  # fmt: skip
            offset += len(text) + 1
        feedback.append(
            {"doc_id": f"d{number}", "source": ("review", "social")[number % 2],
             "n_segments": count + 1, "n_none": 1, "n_moments": count, "n_characters": offset,
             "language": None, **kept,
             "stars": None if number % 5 == 0 else float(np.clip(round(stars), 1, 5))}
        )  # fmt: skip
    return (
        pd.DataFrame(moments, columns=[*MOMENT_COLUMNS, "brand", "date"]),
        pd.DataFrame(feedback),
    )
