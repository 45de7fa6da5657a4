"""The language of a text: English is hardly ever called foreign, and foreign is mostly named."""

# ruff: noqa: RUF001 - other alphabets have letters that look like Latin ones
from __future__ import annotations

import csv
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp import language
from mot_nlp.bundle import open_bundle
from mot_nlp.errors import MotError
from mot_nlp.language import WINDOW, identify, is_available, is_english
from training.corpus import read_corpus

DATA = Path(__file__).parent.parent / "data"

FOREIGN = {
    "ar": ["للأسف تعطل الجهاز بعد أسبوعين ولم يرد أحد", "منتج رائع وتوصيل سريع"],
    "bg": ["За съжаление се счупи след две седмици и никой не вдига телефона."],
    "bn": ["দুই সপ্তাহ পরেই নষ্ট হয়ে গেছে, খুবই হতাশ।"],
    "cs": ["Bohužel přestal po dvou týdnech fungovat a nikdo mi neodpověděl."],
    "da": ["Desværre holdt den kun i to uger, og kundeservice svarer aldrig på mine mails."],
    "de": ["Nach zwei Wochen kaputt, Kundendienst meldet sich nicht", "GUTE QUALITÄT, GERNE WIEDER!"],
    "el": ["Χάλασε μετά από δύο εβδομάδες και κανείς δεν απαντά."],
    "es": ["Se rompió a las dos semanas y nadie contesta el teléfono", "q asco, no compren aquí"],
    "fa": ["متاسفانه بعد از دو هفته خراب شد و کسی جواب نداد"],
    "fi": ["Laite hajosi kahden viikon jälkeen eikä kukaan vastaa puhelimeen."],
    "fr": ["Tombé en panne au bout de deux semaines, SAV injoignable", "c'est nul, rendez l'argent"],
    "he": ["התקלקל אחרי שבועיים ואף אחד לא עונה"],
    "hi": ["दो हफ्ते में खराब हो गया, पैसे बर्बाद", "बहुत अच्छा है"],
    "hu": ["Két hét után elromlott, és senki sem veszi fel a telefont."],
    "it": ["Si è rotto dopo due settimane e nessuno risponde al telefono", "spedizione veloce, ottimo"],
    "ja": ["二週間で壊れました。電話もつながりません。", "最悪"],
    "ko": ["2주 만에 고장났는데 아무도 전화를 안 받아요"],
    "nl": ["Na twee weken al kapot en de klantenservice neemt niet op."],
    "pl": ["Zepsuł się po dwóch tygodniach, a na infolinii nikt nie odbiera."],
    "pt": ["Parou de funcionar em duas semanas e ninguém atende o telefone", "adorei, chegou rápido demais"],
    "ro": ["S-a stricat după două săptămâni și nimeni nu răspunde la telefon."],
    "ru": ["Сломался через две недели, на звонки никто не отвечает", "деньги на ветер"],
    "sv": ["Den gick sönder efter två veckor och ingen svarar i telefon."],
    "ta": ["இரண்டு வாரத்தில் பழுதடைந்தது, யாரும் பதில் சொல்லவில்லை"],
    "th": ["ใช้ได้สองสัปดาห์ก็พัง โทรไปไม่มีใครรับสาย"],
    "tr": ["İki hafta sonra bozuldu, müşteri hizmetlerine ulaşamıyorum."],
    "uk": ["Зламався через два тижні, і ніхто не бере слухавку."],
    "vi": ["Dùng hai tuần thì hỏng, gọi điện không ai nghe máy."],
    "zh": ["用了两个星期就坏了,客服电话一直打不通", "垃圾"],
    # scripts that eldc itself does not know
    "km": ["ផលិតផលមិនល្អទេ"],
    "my": ["ဒီပစ္စည်း မကောင်းဘူး"],
    "si": ["හොඳ නැහැ"],
}  # fmt: skip
ENGLISH = [
    "its ok i gess, delivry was l8 tho and noone anserd",
    "WORST SERVICE EVER. BROKE ON DAY TWO AND NOBODY PICKS UP",
    "ngl this thing slaps fr fr, no cap 🔥🔥🔥 would buy again",
    "😂😂😂 the support bot told me to buy a new one 😂😂😂",
    "@BrandHelp ur app keeps crashing since the update, any1 there?? https://t.co/a1B2c3",
    "aiyo so ex but quality not bad lah",
    "Dinnae buy it, the motor died on me within a fortnight",
    "Ordered it for mi abuela and she loves it, muchas gracias guys!",
    "Lovely tiramisu and gnocchi at Trattoria da Giulia on the Via Roma, rude waiter though",
    "The Jürgen in the München store was wunderbar and helped us with everything",
]
UNDECIDED = [
    "",
    "   ",
    "lol no",
    "12345",
    "10/10",
    "👍👍👍",
    "!!!",
    "¯\\_(ツ)_/¯",
    "ಠ_ಠ",
    "日本 trip was great",
    "jane@mail.example",
    "https://shop.example/produkte/schlecht",
]
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)


@pytest.fixture(scope="module")
def corpus():
    return read_corpus(DATA / "corpus", open_bundle().taxonomy)


def share_foreign(texts):
    answers = [identify(text) for text in texts]
    return sum(not is_english(answer) for answer in answers) / len(answers)


# ---------------------------------------------------------------- English


def test_the_corpus_is_english(corpus):
    assert len(corpus) > 5_000
    assert share_foreign([document.text for document in corpus]) == 0


def test_single_sentences_of_the_corpus_are_hardly_ever_called_foreign(corpus):
    texts = [document.text[s.start : s.end] for document in corpus for s in document.segments]
    assert len(texts) > 30_000
    assert share_foreign(texts) < 0.001


def test_the_example_feedback_is_english():
    with (DATA / "examples" / "feedback.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert {identify(text) for text in texts} == {"en"}


@pytest.mark.parametrize("text", ENGLISH)
def test_slang_slips_and_borrowed_words_stay_english(text):
    assert identify(text) == "en"


# ---------------------------------------------------------------- other languages


@pytest.mark.parametrize(
    ("code", "text"),
    [(code, text) for code, texts in FOREIGN.items() for text in texts],
    ids=[f"{code}{number}" for code, texts in FOREIGN.items() for number in range(len(texts))],
)
def test_feedback_in_other_languages(code, text):
    assert identify(text) == code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("es", "La app crashea todo el tiempo, worst update ever, quiero mi dinero back"),
        ("de", "Der Support ist nice aber das Update hat alles gecrasht, bitte fixen"),
        ("fr", "Le service client est top mais j'ai toujours un message error 500 on checkout"),
    ],
)
def test_the_language_of_most_words_counts(code, text):
    assert identify(text) == code


def test_indonesian_is_told_as_malay():
    assert identify("Sayang sekali rusak setelah dua minggu dan tidak ada yang membantu") == "ms"


@pytest.mark.parametrize("text", UNDECIDED, ids=repr)
def test_what_is_short_or_mixed_is_undecided(text):
    assert identify(text) is None


def test_handles_and_links_do_not_count():
    assert (
        identify("@thebest_help https://shop.example/why/is/it/so/slow seit Wochen keine Antwort")
        == "de"
    )


# ---------------------------------------------------------------- long texts


def test_of_a_long_text_two_of_start_middle_and_end_decide():
    english, german = "It broke after a week and I am sad. ", "Leider nach einer Woche kaputt. "
    whole = english * (WINDOW // len(english) + 1)
    other = german * (WINDOW // len(german) + 1)
    assert identify(whole + whole + other) == "en"
    assert identify(other + whole * 2) == "en"
    assert identify(other * 2 + whole) == "de"
    assert identify(other + "12 " * WINDOW + whole) is None


def test_a_text_of_megabytes_is_not_read_whole():
    assert identify("Leider nach einer Woche kaputt. " * 1_000_000) == "de"


# ---------------------------------------------------------------- any text


@given(ANY_TEXT)
def test_any_text_has_one_answer(text):
    answer = identify(text)
    assert identify(text) == answer
    assert answer is None or (answer.isascii() and answer.islower() and len(answer) == 2)


@pytest.mark.parametrize("sign", ["\0", "\udc00"], ids=ascii)
def test_signs_that_cannot_be_read_do_not_hide_the_rest(sign):
    assert identify(f"{sign}Leider nach{sign} zwei Wochen kaputt gegangen") == "de"


def test_threads_get_the_answers_of_one():
    texts = [text for texts in FOREIGN.values() for text in texts] + ENGLISH + UNDECIDED
    random.Random(7).shuffle(texts)
    texts *= 20
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(identify, texts)) == [identify(text) for text in texts]


# ---------------------------------------------------------------- the guard


def test_only_what_is_surely_foreign_is_not_english():
    assert is_english("en")
    assert is_english(None)
    assert not is_english("de")


def test_without_eldc_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "eldc", None)
    language._identifier.cache_clear()
    try:
        with pytest.raises(MotError, match="pip install eldc"):
            identify("Great phone")
        assert not is_available()
    finally:
        language._identifier.cache_clear()


def test_where_eldc_is_installed_languages_can_be_told():
    assert is_available()
