import csv
import io
import json
import re
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from mot_nlp.errors import InputError, OutputError, ReadError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import ROOT, TAXONOMY
from training.__main__ import app
from training.corpus import CODES, read_jsonl
from training.sources import join, read_labels, unclear, with_licence, write_labels
from training.sources.candidates import candidates
from training.sources.conversations import masked
from training.sources.labels import digest

TEXTS = {
    "shop/reviews": ("data/reviews.csv", "MIT", "The kettle leaks. I sent it back."),
    "bank/letters": ("letters.txt", "not stated", "They lost my card & never wrote."),
    "help/chats": ("chats.json", "CC BY 4.0", "Customer: Hi, it broke.\nAgent: Oh dear."),
}
COMMIT = "0123456789ab"


def row(number, repo, file, licence, text):
    unit = {
        "start": 0, "end": 5, "stage": "post_purchase", "moment": "smot",
        "touchpoint": "product", "sentiment": "negative", "pivotal": "yes",
    }  # fmt: skip
    return {
        "id": f"d{number}", "source": "transcript" if "\n" in text else "review", "domain": "shop",
        "text": text, "units": [unit], "rating": 1 if number == 1 else None, "repo": repo,
        "commit": COMMIT, "file": file, "licence": licence,
    }  # fmt: skip


@pytest.fixture
def rows():
    return [
        row(number, repo, *entry) for number, (repo, entry) in enumerate(sorted(TEXTS.items()), 1)
    ]


@pytest.fixture
def labels(tmp_path, rows):
    path = tmp_path / "labels.jsonl"
    assert write_labels(rows, path) == len(rows)
    return path


@pytest.fixture
def checkouts(tmp_path):
    folder = tmp_path / "checkouts"
    for repo, (file, _, _) in TEXTS.items():
        (folder / repo / file).parent.mkdir(parents=True)
    (folder / "shop/reviews/data/reviews.csv").write_text(
        'title,body\nThe kettle leaks,"I sent it\n  back."\n', encoding="utf-8"
    )
    (folder / "bank/letters/letters.txt").write_text(
        "7\tThey lost my card &amp; never wrote. *TR\tX\n", encoding="utf-8"
    )
    (folder / "help/chats/chats.json").write_text(
        json.dumps(
            [
                {
                    "turns": [
                        {"speaker": "USER", "utterance": "Hi, it  broke."},
                        {"speaker": "SYSTEM", "utterance": "Oh dear."},
                    ]
                }
            ]
        ),
        encoding="utf-8",
    )
    return folder


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path, entries):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(e) + "\n" for e in entries), encoding="utf-8")
    return path


def test_labels_hold_no_text(labels, rows):
    written = labels.read_text(encoding="utf-8")
    for entry in rows:
        assert not any(word in written for word in re.findall(r"\w{5,}", entry["text"]))
    assert '"units":[[0,5,"p s po - !"]]' in written


def test_texts_by_json_lines_give_the_labelled_rows_in_the_order_of_the_labels(
    tmp_path, labels, rows
):
    texts = [{"id": e["id"], "text": e["text"]} for e in reversed(rows)]
    folder = write_lines(tmp_path / "texts" / "texts.jsonl", texts).parent
    out = tmp_path / "joined.jsonl"
    report = join(read_labels(labels), folder, out)
    assert (report.joined, report.documents) == (3, 3)
    assert lines_of(out) == rows
    assert [d.id for d in read_jsonl(out, read_taxonomy(TAXONOMY))] == ["d1", "d2", "d3"]


def test_texts_by_checkout_give_the_same(tmp_path, labels, rows, checkouts):
    out = tmp_path / "joined.jsonl"
    report = join(read_labels(labels), checkouts, out)
    assert lines_of(out) == rows
    assert not report.unreadable
    again = tmp_path / "again.jsonl"
    (checkouts / "shop/reviews").rename(checkouts / "reviews")  # as a plain git clone puts it
    assert join(read_labels(labels), checkouts, again).joined == 3
    assert again.read_bytes() == out.read_bytes()


def test_a_text_that_was_changed_is_not_joined_and_is_named(tmp_path, labels, rows):
    changed = rows[0] | {"text": rows[0]["text"] + "!"}
    path = write_lines(tmp_path / "texts" / "texts.jsonl", [changed, rows[1]])
    report = join(read_labels(labels), path)
    assert report.altered == ["d1"]
    assert [source.missing for source in report.sources] == [1, 0, 1]


def test_nothing_joined_writes_nothing(tmp_path, labels):
    (tmp_path / "empty").mkdir()
    out = tmp_path / "joined.jsonl"
    assert join(read_labels(labels), tmp_path / "empty", out).joined == 0
    assert not out.exists()


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_joined(labels, checkouts):
    (checkouts / "help/chats/chats.json").write_text("{", encoding="utf-8")
    (checkouts / "more.jsonl").write_text('{"text": "other"}\n{\n', encoding="utf-8")
    report = join(read_labels(labels), checkouts)
    assert report.joined == 2
    assert "more.jsonl, near line 2" in report.unreadable[0]
    assert "check it out again" in report.unreadable[1]


def test_a_file_outside_the_checkout_is_not_read(tmp_path, rows):
    folder = tmp_path / "checkouts"
    (folder / "shop/reviews").mkdir(parents=True)
    (folder / "secret.txt").write_text(rows[0]["text"], encoding="utf-8")
    write_labels([rows[0] | {"repo": "shop/reviews", "file": "../../secret.txt"}], tmp_path / "l")
    assert join(read_labels(tmp_path / "l"), folder).joined == 0


def test_the_command_reports_and_names_what_to_clone(tmp_path, labels, checkouts):
    (checkouts / "bank/letters/letters.txt").unlink()
    out = tmp_path / "joined.jsonl"
    result = CliRunner().invoke(
        app, ["sources", str(checkouts), "--labels", str(labels), "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert "joined 2 of 3 documents" in result.output
    target = checkouts / "bank/letters"
    command = (
        f"git clone https://github.com/bank/letters {target} && git -C {target} checkout {COMMIT}"
    )
    assert command in result.output
    assert "help/chats " not in result.output.split("to obtain")[1]
    assert "bank/letters: not stated" in result.output


def test_the_command_takes_only_wanted_licences(labels, checkouts):
    arguments = ["sources", str(checkouts), "--labels", str(labels), "--licence", "mit"]
    assert "joined 1 of 1 documents" in CliRunner().invoke(app, arguments).output


def test_the_command_writes_labels(tmp_path, rows, labels):
    labelled = write_lines(tmp_path / "rows" / "rows.jsonl", rows)
    out = tmp_path / "again.jsonl"
    assert CliRunner().invoke(app, ["labels", str(labelled), "--out", str(out)]).exit_code == 0
    assert out.read_bytes() == labels.read_bytes()


def test_licences_are_names_not_parts_of_words(labels):
    records = read_labels(labels)
    assert [r.licence for r in with_licence(records, ["cc by", "MIT"])] == ["CC BY 4.0", "MIT"]
    assert with_licence(records, []) == records
    with pytest.raises(InputError, match=r"no document is under 'BY-SA'.*\nCC BY 4.0"):
        with_licence(records, ["BY-SA"])


@pytest.mark.parametrize(
    ("licence", "doubtful"),
    [("MIT (repo)", False), ("CC BY-SA 4.0", False), ("", True), ("GPL-3.0", True),
     ("CC BY-NC 4.0", True), ("MIT; original licence unknown", True), ("unlimited", True)],
    ids=str,
)  # fmt: skip
def test_terms_that_are_not_plain_are_told(licence, doubtful):
    assert unclear(licence) == doubtful


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "The words"}, r"unknown key \['text'\]"),
        ({"sha256": "0f"}, "not 64 hexadecimal digits"),
        ({"units": [[5, 5, "p s po - !"]]}, "5:5 is empty"),
        ({"units": [[0, 5, "p s po -"]]}, "not a code each of stage"),
        ({"units": [[0, 5, "p s xx - !"]]}, "'xx' is no code of touchpoint"),
        ({"units": 3}, "TypeError"),
    ],
    ids=["text", "hash", "offsets", "codes", "code", "type"],
)
def test_labels_that_cannot_be_used_are_told_with_their_line(labels, change, message):
    entries = lines_of(labels)
    labels.write_text(
        json.dumps(entries[0]) + "\n" + json.dumps(entries[1] | change) + "\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match=rf"1 faults.*\nlabels.jsonl:2: .*{message}"):
        read_labels(labels)


def test_two_labels_of_one_text_are_told(labels):
    line = labels.read_text(encoding="utf-8").splitlines()[0]
    labels.write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match="the id or the text of d1 came before"):
        read_labels(labels)


def test_what_is_not_there_is_told(tmp_path, rows, labels):
    with pytest.raises(InputError, match="no labels at"):
        read_labels(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="no folder at"):
        join(read_labels(labels), tmp_path / "none")
    with pytest.raises(InputError, match="document d1: no 'commit'"):
        write_labels([{k: v for k, v in rows[0].items() if k != "commit"}], tmp_path / "l")
    with pytest.raises(OutputError, match="cannot write"):
        write_labels(rows, tmp_path / "none" / "l")
    path = write_lines(tmp_path / "texts.jsonl", rows)
    with pytest.raises(OutputError, match="cannot write"):
        join(read_labels(labels), path, tmp_path / "none" / "out.jsonl")


def in_file(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return set(candidates(path))


def workbook():
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "xl/sharedStrings.xml",
            f'<sst xmlns="{space}"><si><t>Good </t></si><si><r><t>Slow </t></r><r><t>bank.</t></r></si></sst>',
        )
    return buffer.getvalue()


def zipped(name, text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def parquet():
    buffer = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2], "chunk": ["one", "It fell apart."]}), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.csv", 'x,"Two\r\nlines"\n', "Two\nlines"),
        ("a.csv", "Cl\u00e9 perdue.,b\n".encode("cp1252"), "Cl\u00e9 perdue."),
        ("a.csv", "Is it quiet?,I sleep lightly.\n", "Is it quiet? I sleep lightly."),
        ("a.csv", "It?s fine in front?it fits\n", "It's fine in front - it fits"),
        ("a.tsv", "1\tNo answer.\n", "No answer."),
        ("a.txt", "It broke.  \t0\n", "It broke."),
        ("a.txt", "One.\nTwo.\n\nThree.\n", "One.\nTwo."),
        ("a.txt", "The $T$ was cold.\nsoup\n-1\n", "The soup was cold."),
        ("a.dat", "Fine. It works.$LABEL$1\n", "Fine. It works."),
        ("a.jsonl", '{"q": {"title": "Which phone?"}}\n', "Which phone?"),
        ("a.jsonl", '{"utterance": "I moved."}\n', "Customer: I moved."),
        ("a.xlsx", workbook(), "Slow bank."),
        ("a.parquet", parquet(), "It fell apart."),
        ("a.json.zip", zipped("a.json", '["Packed."]'), "Packed."),
    ],
    ids=[
        "line ends", "western", "title", "lost signs", "tab", "label", "paragraph", "aspect",
        "label mark", "json lines", "utterance", "excel", "parquet", "zip",
    ],
)  # fmt: skip
def test_texts_are_found_however_they_lie(tmp_path, name, data, text):
    assert text in in_file(tmp_path, name, data)


CHATS = {
    "pairs": (
        {"original": [["customer", "Hi."], ["customer", "It broke."], ["action", "One."],
                      ["action", "Two."], ["agent", "Oh."]]},
        "Customer: Hi. It broke.\nSystem: One.\nSystem: Two.\nAgent: Oh.",
    ),
    "acted": (
        {"Events": [{"Agent": "UserGuide", "Action": "instruct", "Text": "Say hi."},
                    {"Agent": "User", "Action": "utter", "Text": "Hi "},
                    {"Agent": "Wizard", "Action": "request_suggestions", "Text": "greet"},
                    {"Agent": "Wizard", "Action": "pick_suggestion", "Text": "Hello."}]},
        "Customer: Hi\nAgent: Hello.",
    ),
    "bargained": (
        {"scenario": {"kbs": [{"personal": {"Role": "seller"}}, {"personal": {"Role": "buyer"}}]},
         "events": [{"agent": 1, "action": "message", "data": "Ten?"},
                    {"agent": 0, "action": "offer", "data": {"price": 9.0}},
                    {"agent": 1, "action": "accept", "data": None}]},
        "Customer: Ten?\nSystem: [seller makes offer: 9.0]\nSystem: [buyer accept]",
    ),
    "threaded": (
        {"dialogContent": [{"client": "ann", "message": "@Dropbox lost\nit, @bob"},
                           {"client": "ann", "message": "ann@mail.com"}],
         "agentURL": {"url_utterance": "@ann Sorry &amp; see https://a.b/c now"}},
        "Customer: @Dropbox lost it, @user\nCustomer: #EMAIL#\nAgent: @user Sorry & see #URL# now",
    ),
    "alternating": (
        {"a": {"log": [{"text": "A table .", "metadata": {}}, {"text": "Done .", "metadata": {}}]}},
        "Customer: A table .\nAgent: Done .",
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", sorted(CHATS))
def test_conversations_are_written_out(tmp_path, shape):
    value, text = CHATS[shape]
    assert text in in_file(tmp_path, "a.json", json.dumps([value]))


def test_numbers_are_masked():
    assert masked("Call +1 800-555-0199 by 5 pm") == "Call #NUMBER# by 5 pm"


def test_files_that_are_not_what_they_are_called_are_told(tmp_path):
    for name in ("a.parquet", "a.zip", "a.xlsx", "a.json"):
        with pytest.raises(ReadError, match="check it out again"):
            in_file(tmp_path, name, "no")


def test_long_cells_are_read(tmp_path):
    out = io.StringIO()
    csv.writer(out).writerow(["long", "word " * 50_000 + "end"])
    assert any(text.endswith("end") for text in in_file(tmp_path, "a.csv", out.getvalue()))


REAL = ROOT / "data" / "real" / "labels.jsonl"


def test_the_labels_of_the_project_are_sound_and_hold_no_text():
    records = read_labels(REAL)
    codes = {code for names in CODES.values() for code in names}
    for record in records:
        assert re.fullmatch(r"[TUV][rst]\d{5}", record.id)
        assert re.fullmatch(r"[0-9a-f]{12,40}", record.commit)
        assert len(record.domain) <= 60
        assert all(set(unit[2].split()) <= codes for unit in record.units)
    assert digest("") not in {record.sha256 for record in records}


def test_the_datasheet_of_real_feedback_counts_what_is_there():
    text = (REAL.parent / "README.md").read_text(encoding="utf-8")
    records = read_labels(REAL)
    units = sum(len(record.units) for record in records)
    assert f"{len(records):,} documents" in text
    assert f"{units:,} labelled segments" in text
    for repo, commit in {(r.repo, r.commit) for r in records}:
        members = [r for r in records if (r.repo, r.commit) == (repo, commit)]
        line = next(line for line in text.splitlines() if line.startswith(f"| {repo} |"))
        segments = sum(len(r.units) for r in members)
        assert f"| {commit} | {len(members):,} | {segments:,} |" in line
        for licence in {r.licence for r in members}:
            assert f"- {licence}" in text
