"""What the batch tests share: dumps with something of everything, and pools that tag at once."""

from __future__ import annotations

import csv
import gzip
import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from mot_nlp.batch.job import run_job
from mot_nlp.batch.options import JobOptions
from mot_nlp.batch.planning import plan
from mot_nlp.batch.tagging import Collector
from mot_nlp.batch.worker import Advance
from mot_nlp.readers import Columns
from mot_nlp.tagger import MomentTagger, chunks
from tests.tiny import BUNDLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.tagging import Tagged
    from mot_nlp.records import Document, TaggedDocument

SHARD = 12
TEXTS = (
    "The parcel came two days late and the box was open.",
    "Staff in the shop were lovely. I would recommend them to everybody!",
    "Great.",
    "Charged twice at the checkout, and nobody answered my mail to jane.doe@mail.com.",
    "Leider nach zwei Wochen kaputt gegangen, das Geld habe ich nie wieder gesehen!",
    "Customer: the app froze again\nAgent: Which page, please?\nCustomer: payment. never again",
    "Saw the advert,\nwent to the store, and it was “sold out”. Not worth the price.",
    "The kettle broke after 19 days; support sent a new one the next morning.",
)
NAMES = ("id", "text", "brand", "stars", "date")


def review_rows(count: int, seed: int = 0, first: int = 0) -> list[dict[str, Any]]:
    """Rows of which some repeat a text, lack one, take another's id or have a wrong number of stars."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for number in range(first, first + count):
        text = chance.choice(TEXTS)
        if chance.random() < 0.7:
            text = f"{text} Order {number}, sofa {chance.randrange(9)}."
        row = {
            "id": f"r{number}",
            "text": text,
            "brand": chance.choice(("Ode", "Lun", "=1+1", "")),
            "stars": chance.randrange(1, 6),
            "date": f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        }
        luck = chance.random()
        if luck < 0.05:
            row["text"] = "  "
        elif luck < 0.1 and number > first:
            row["id"] = chance.choice(rows)["id"]
        elif luck < 0.15 and number > first + SHARD:
            row["stars"] = "five"
        rows.append(row)
    return rows


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else list(NAMES))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_json_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_inputs(folder: Path, count: int = 48) -> list[Path]:
    """Three files: gzipped JSON Lines with whole numbers of stars, CSV, and CSV in another encoding."""
    folder.mkdir(parents=True, exist_ok=True)
    half = count // 2
    first = review_rows(half)
    second = review_rows(count - half, seed=1, first=half)
    # Set aside for its stars; far behind it a row has the same id, and another that of a document.
    first[-1] |= {"id": "taken", "text": "It broke.", "stars": "five"}
    second[-1] |= {"id": "taken", "text": "It broke again.", "stars": 3}
    second[-2] |= {"id": "r1"}
    western = [{**row, "brand": "Café"} for row in review_rows(5, seed=2, first=count)]
    lines = [json.dumps(row) + "\n" for row in first]
    lines.insert(3, '{"id": "broken", \n')
    packed = folder / "a.jsonl.gz"
    packed.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    return [
        packed,
        write_csv(folder / "b.csv", second),
        write_csv(folder / "c.csv", western, encoding="cp1252"),
    ]


def planned(inputs: Any, *, precision: str | None = None, **options: Any) -> Plan:
    columns = options.pop("columns", None) or Columns(keep=("brand", "stars"))
    asked: dict[str, Any] = {"shard_documents": SHARD, "tables": (("stage", "moment"),)} | options
    return plan(inputs, JobOptions(columns=columns, **asked), model=BUNDLE, precision=precision)


@cache
def tagger() -> MomentTagger:
    return MomentTagger.load(BUNDLE)


_TAGGED: dict[tuple[object, ...], list[TaggedDocument]] = {}


def _batch(documents: list[Document]) -> list[TaggedDocument]:
    """What the tagger says of a batch, asked once for each."""
    key = tuple((found.text, found.source, found.turns) for found in documents)
    if key not in _TAGGED:
        (_TAGGED[key],) = tagger().batches([documents])
    return _TAGGED[key]


def tag_shard(shard: Shard, options: Any) -> Tagged:
    collector = Collector(shard.documents, options)
    for chunk in chunks(collector.distinct()):
        collector.add(_batch(chunk))
    assert collector.is_done
    return collector.tagged


class Pool:
    """Tags in this process, one shard at each asking.

    Args:
        job: What is done.
        room: Shards that may be out.
        order: Chooses which of those comes next; the oldest if None.
        before: Called before each answer with the number of shards answered so far.
    """

    def __init__(
        self,
        job: Plan,
        *,
        room: int = 2,
        order: random.Random | None = None,
        before: Callable[[int], None] | None = None,
    ) -> None:
        self._options = job.options
        self._room = room
        self._order = order
        self._before = before
        self._out: list[Shard] = []
        self.given: list[int] = []
        self.answered = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.clear()

    @property
    def has_room(self) -> bool:
        return len(self._out) < self._room

    @property
    def is_busy(self) -> bool:
        return bool(self._out)

    def give(self, shard: Shard) -> None:
        assert self.has_room
        self._out.append(shard)
        self.given.append(shard.number)

    def news(self) -> list[Advance | tuple[Shard, Tagged]]:
        if not self._out:
            return []
        if self._before:
            self._before(self.answered)
        place = self._order.randrange(len(self._out)) if self._order else 0
        shard = self._out.pop(place)
        self.answered += 1
        return [Advance(len(shard.documents)), (shard, tag_shard(shard, self._options))]


def do(job: Plan, folder: Path, **options: Any) -> Any:
    """Do a job in this process."""
    make_pool = options.pop("make_pool", Pool)
    return run_job(job, folder, make_pool=make_pool, **options)


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file of a job but its lock, without what ``summary.json`` says of the run."""
    found = {
        path.relative_to(folder).as_posix(): b"" if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.name != ".lock"
    }
    if "summary.json" in found:
        told = json.loads(found["summary.json"])
        del told["run"]
        found["summary.json"] = json.dumps(told).encode()
    return found


def rows_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Rows of all parts in order."""
    from pyarrow import parquet

    parts = sorted((folder / kind).glob("part-*.parquet"))
    return [row for part in parts for row in parquet.read_table(part).to_pylist()]


def rejected_of(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
