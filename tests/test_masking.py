"""Personal data: what is hidden and what is not, and that no character moves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.masking import KINDS, MASK, Span, find, mask
from mot_nlp.masking.accounts import is_card_number, is_iban

# Between « and » stands what must be hidden, and nothing else may be.
HIDDEN = {
    "email": [
        "mail «jane@mail.example» now",
        "«jane.o'neil+shop@mail.co.uk».",
        "(«j_d-9@a-b.example»)",
        "mailto:«x@y.io»",
        "«JANE@MAIL.EXAMPLE»,«bob@mail.example»",
        "«büro@straße.de» danke",
        "'«jane@mail.example»'",
        "it is «jane (at) mail (dot) com» ok",
        "«jane [at] mail.com»",
        "that's «jane dot doe at gmail dot com» please",
        "«jane underscore doe at yahoo dot co dot uk»",
        "«jane at hotmail.com»",
        "«jane@mail.example»/«joe@mail.example»",
        "«@jane@social.example»",
        "write to «jane.doe@x.example».",
        "«JANE AT GMAIL DOT COM»",
    ],
    "handle": [
        "hey «@tindale» why",
        "«@Tindale_Help»: no reply",
        ".«@jane.doe» and («@joe_9»)",
        "RT «@jane»: so true",
        "https://medium.example/«@jane»",
        "«u/jane_doe» said",
        "thanks «/u/jane-doe»",
        "«@müller»",
        "meet «@bob», «@eve» there",
        "«U/some_one» said",
    ],
    "phone": [
        "call «+44 7700 900123» now",
        "«+447700900123» 24 hours",
        "«+44 (0)20 7946 0958»",
        "«+1 (555) 123-4567»",
        "«+1-555-123-4567».",
        "«+49 171 1234567», «+49 (0) 171 / 1234567»",
        "«+33 6 12 34 56 78»",
        "«+91 98765 43210»",
        "«+91-98765-43210»",
        "«+61 412 345 678»",
        "«0044 7700 900123»",
        "«07700 900123»",
        "«07700900123»",
        "ring «07700-900-123»",
        "«(020) 7946 0958»",
        "«020 7946 0958»",
        "«0117 496 0123»",
        "«0117-496 0123»",
        "«0800 123 456»",
        "«0171/1234567»",
        "«030 / 1234567»",
        "«030 1234567»",
        "«01 23 45 67 89» or «06.12.34.56.78»",
        "«0412 345 678»",
        "«(02) 9876 5432», «02 9876 5432»",
        "«(11) 98765-4321»",
        "«(555) 123-4567»",
        "«(555)123-4567»",
        "«555-123-4567»",
        "«555.123.4567» is mine",
        "«1-800-555-0199»",
        "«555 123 4567»",
        "«240. 774 0021»",
        "«98765 43210»",
        "call me on «555 0182»",
        "text «8765 4321» please",
        "my number is «555-0182»",
        "phone: «612 345 678»",
        "mobile «5550182»",
        "«00 44 7700 900123»",
        "tel.: «030/901820»",
        "Tel «5551234»",
        "tel«(555) 123-4567», tel«(020) 7946 0958»",
        "call «5550182» 24 hours",
        "«+44(0)7700900123»",
        "«1 800 555 0199»",
        "my number is «07700 900123», £30",
    ],
    "card": [
        "card «4111 1111 1111 1111» exp 12/26",
        "«4111111111111111»",
        "«4111-1111-1111-1111»",
        "«4111 1111 1111 1111» 123",
        "«3782 822463 10005»",
        "«378282246310005»",
        "«5555555555554444»,",
        "«6011 0009 9013 9424»",
    ],
    "account": [
        "IBAN «GB29 NWBK 6016 1331 9268 19» please",
        "«GB29NWBK60161331926819»",
        "«gb29nwbk60161331926819»",
        "«DE89 3704 0044 0532 0130 00»",
        "«FR14 2004 1010 0505 0001 3M02 606»",
        "sort code «12-34-56»",
        "sort code is «12 34 56»",
        "sort code: «123456»",
        "«12-34-56 12345678»",
        "«12-34-56, account number 12345678»",
        "«20-00-00 acc no 55779911»",
        "sort code «12-34-56 and account 12345678»",
    ],
    "number": [
        "order «5512» is late",
        "order «55102»",
        "order «#55102»",
        "order number «41190»",
        "Order no. «GL-88213»",
        "order no: «7731»",
        "order «5581-0932»",
        "order «AH 9907»",
        "order «CR-2266»",
        "Order number is «60-7782»",
        "order id «A1B2C3D4»",
        "account «55-2390»",
        "account number «85731890»",
        "account no «4471 9022»",
        "acct #«4471»",
        "booking ref «QX7PLM»",
        "reference number is «6GRN0MSA»",
        "Reference number is : «GI56QB11»",
        "ref: «AB1234»",
        "ref «8840»",
        "policy «5566120»",
        "policy «TW-88214»",
        "policy number «HX/4411/22»",
        "Member number is «70441»",
        "member ID ending «4471»",
        "ticket «77120»",
        "case «20913»",
        "claim «40617»",
        "tracking number: «1Z999AA10123456784»",
        "«1Z999AA10123456784»",
        "«9931939443153»",
        "«9931939443153» is it",
        "«#4471190» any update?",
        "customer no. «4471902»",
        "customer number «4471902»",
        "Customer: «93418043810»",
        "NHS number «943 476 59»",
        "passport «533401372»",
        "Agent: Your account number, please?\nCustomer: Sure, it is «4471 9022».",
        "Agent: can I take the order number\nCustomer: «6 0 0 1 8 3 7 2»",
        "PIN «1234»",
        "cvv is «123»",
        "tweet «928349765582118912»",
        "order «55102» 3 weeks ago",
        "order «55102» 10 days ago",
        "order «5512-K»",
        "policy «20-118-B»",
        "serial number: «SN-A1B2-99812»",
        "verification code: «449213»",
        "door code «4471»",
        "REF «8840»",
        "order number «55102» items missing",
        "PIN «1984»",
        "code «A1B2C3D4E5F6G7H8I9»",
        "account number? it is «12 34 56»",
        "ORDER NO «5512»",
        "CASE «20913»",
        "order #: «112-4471902-8812345»",
        "a/c no. «4471902»",
        "acct. «4471902»",
        "ticket no. «4471».",
        "CVV: «123», PIN:«0042»",
        "Order ID: «3F2504E0-4F89-11D3-9A0C-0305E82C3301»",
        "Agent: The number on your account?\nCustomer: «55 61 02 99»",
        "I called order «4471», order «4472»",
        "unbroken: «1234567890123456»",
    ],
    "link": [
        "https://shop.example/track?«id=4471&mail=jane»",
        "see https://shop.example/reset#«token=abc».",
        "(https://shop.example/a?«x=1»)",
    ],
    "ip": [
        "from «192.168.10.44»",
        "«81.2.69.142»: blocked",
    ],
}
SHOWN = [
    "cost £1,299.00 and 1.299,00 EUR",
    "paid $4500 for 2 of them",
    "12/03/2024 or 12-03-2024 or 2024-03-12 or 12.03.24",
    "on 3 March 2024 at 10:30-11:45",
    "from 9-5, Mon-Fri, 24/7",
    "2019-2020 and 2023/24",
    "the WH-1000XM4 beats the QC45",
    "RTX 4070 Ti 12GB, i7-13700K, SM-G998B",
    "order WH-1000XM4 before Friday",
    "order 2 of them, order 12, order of 6",
    "order 500 units",
    "order 10000 units",
    "order 2000",
    "order 5000",
    "my order from 2023",
    "ordered 12000 pieces",
    "account since 2019",
    "account opened 12/03/2019",
    "policy 2023-24 terms",
    "case of 24",
    "ticket for 50",
    "ticket costs $116",
    "claim was ₹30000",
    "order had $1000",
    "order 12345.67",
    "order at 14:30",
    "order on the 14th",
    "order 3 weeks ago",
    "booking for 2024",
    "Customer: 7402",
    "Customer: I could do 1500",
    "Customer: 2019 model",
    "Customer: How about 1700",
    "flight AA 1234",
    "room 1204, seat 14C, gate B22",
    "1920 x 1080, 120x60x45 cm",
    "205/55 R16, 205 55 16",
    "10 000 000 views, 1,000,000 users",
    "250 500 1000 ml",
    "in 250, 500 and 1000",
    "10000000 times",
    "version 10.15.7.120, firmware 1.20.3.8",
    "v2.1.0.48",
    "1.2.3.4",
    "called 3 times in 2 days",
    "called on 12-03-2024",
    "called 1000 times",
    "called about 1500 dollars",
    "phone cost 1299 euros",
    "phone 2023 2024",
    "rang 5 times, waited 45 minutes",
    "50000 km on the clock",
    "24,591.51",
    "5kg, 500 g, 3.5 mm, 100%",
    "10/10, 4.5 stars, 5/5",
    "@ 5pm",
    "@ the shop",
    "@5pm @10.30",
    "f@ck this, a@b",
    "at gmail they know",
    "shop at tesco.com",
    "#1 #winning #2024",
    "§ 312 BGB",
    "u/s w/o n/a",
    "https://shop.example/kettle",
    "www.shop.example",
    "10^10 3e8 0x1F",
    "ISO 9001, EN 60335, IP67",
    "90210, 90210-1234",
    "1234567",
    "COVID-19, MP3, 4K, 5G",
    "Windows 11 22H2",
    "isbn",
    "A4 B52 7-11",
    "30-30-30 rule",
    "0.123456789",
    "pin 100% of the time",
    "00:12:45",
    "€ 1.234.567",
    "+20% +5 +100",
    "-40 to +85",
    "pi is 3.14159265358979",
    "call 911, text 60777",
    "model 2021, number 1",
    "number 10 is great",
    "score 123-456",
    "30 000 steps a day for 365 days",
    "777-300 and 330-200",
    "4.1, 4.35, 4.35",
    "15 16 14 4 6 10 5 12 7 8 9 1 2 11 13",
    "4111 1111 1111 1112",
    "GB29 NWBK 6016 1331 9268 18",
    "card ending 1234",
    "your code is 449213 of 9",
    "order FOR 5512 people",
    "order 4471kg",
    "order no 2 and 3",
    "ref: none",
    "in 2024 I paid 129900 euros for it",
    "at 10.30pm on 12.5.2024, call",
    "error 0x800f0985",
    "81x119x119cm",
    "my 5 orders since 2019",
]

# What rules look at, to be put together at random.
PIECES = st.one_of(
    st.sampled_from(
        [text.replace("«", "").replace("»", "") for texts in HIDDEN.values() for text in texts]
    ),
    st.sampled_from(SHOWN),
    st.sampled_from(
        ["order", "order number", "ref", "call", "is", "no", "km", "$", "gb", " at ", "dot ", "u/"]
    ),
    st.sampled_from(["https://", "?", "x.com", "2024", "12", "  "]),
    st.sampled_from([*" -./:@()+#01aA\n", MASK]),
    st.from_regex(r"[0-9 ./()+-]{1,12}", fullmatch=True),
    st.text(st.characters(exclude_categories=[]), max_size=4),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def marked(text):
    """The text without « and », and the spans that stood between them."""
    spans, plain, start = [], "", 0
    for sign in text:
        if sign == "«":
            start = len(plain)
        elif sign == "»":
            spans.append((start, len(plain)))
        else:
            plain += sign
    return plain, spans


# ---------------------------------------------------------------- what is hidden


@pytest.mark.parametrize(
    ("kind", "case"),
    [(kind, case) for kind, cases in HIDDEN.items() for case in cases],
    ids=[f"{kind}: {case}" for kind, cases in HIDDEN.items() for case in cases],
)
def test_personal_data_is_found(kind, case):
    text, spans = marked(case)
    assert find(text) == [Span(start, end, kind) for start, end in spans]


@pytest.mark.parametrize("text", SHOWN)
def test_everything_else_is_shown(text):
    assert mask(text) == text


def test_every_kind_is_tried():
    assert {*HIDDEN} == {*KINDS}


def test_a_name_and_password_in_an_address_are_hidden():
    assert mask("https://jane:secret@shop/kettle") == f"https://{MASK * 11}@shop/kettle"


@pytest.mark.parametrize(
    "text",
    [
        "Jane Doe of 14 Mill Lane, SE15 4QT, born on 12 March 1971",
        "oh seven seven double oh nine hundred",
        "my licence plate is AB12 CDE",
    ],
)
def test_what_the_package_says_it_does_not_catch(text):
    assert mask(text) == text


def test_neighbours_become_one_span_of_the_first_kind():
    text = "https://shop.example/?mail=jane@mail.example"
    assert find(text) == [Span(22, len(text), "email")]


def test_a_digit_of_any_alphabet_is_a_digit():
    assert mask("account no. ८५७३१८९०") == "account no. " + MASK * 8


# ---------------------------------------------------------------- checksums


@pytest.mark.parametrize(
    "number", ["4111111111111111", "378282246310005", "5555555555554444", "6011000990139424"]
)
def test_one_wrong_digit_makes_no_card_number(number):
    assert is_card_number(number)
    for place, digit in enumerate(number):
        wrong = number[:place] + str((int(digit) + 1) % 10) + number[place + 1 :]
        assert not is_card_number(wrong)


@pytest.mark.parametrize(
    "number", ["GB29NWBK60161331926819", "DE89370400440532013000", "NO9386011117947"]
)
def test_one_wrong_digit_makes_no_iban(number):
    assert is_iban(number)
    for place in range(2, len(number)):
        if number[place].isdecimal():
            wrong = str((int(number[place]) + 1) % 10)
            assert not is_iban(number[:place] + wrong + number[place + 1 :])


def test_an_iban_has_the_length_of_its_country():
    assert not is_iban("GB29NWBK6016133192681")
    assert not is_iban("XX29NWBK60161331926819")


# ---------------------------------------------------------------- offsets


def test_what_a_border_cuts_is_hidden_on_both_sides():
    text = "My address is jane.doe@mail.example and it broke."
    cut = text.index("@")
    masked = mask(text)
    assert masked[:cut] == "My address is " + MASK * 8
    assert masked[cut:] == MASK * 13 + " and it broke."
    assert mask(text[cut:]) == text[cut:].replace("@mail.example", MASK * 13)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_character_moves_and_nothing_outside_changes(text):
    masked, spans = mask(text), find(text)
    hidden = {place for span in spans for place in range(span.start, span.end)}
    assert len(masked) == len(text)
    for place, (before, after) in enumerate(zip(text, masked, strict=True)):
        assert after == (MASK if place in hidden else before)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_spans_are_in_order_apart_and_of_a_known_kind(text):
    spans = find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(span.kind in KINDS for span in spans)
    assert all(one.end < two.start for one, two in pairwise(spans))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_masking_twice_is_masking_once(text):
    masked = mask(text)
    assert mask(masked) == masked


# ---------------------------------------------------------------- hostile texts
# Each takes a second or so at most; a rule that looks back over the whole text again and again, or
# a text that is read a thousand times, would take hours.


@pytest.mark.parametrize(
    "unit",
    [
        "a", "a.", "@", "a@", "@a.", "a@a.", "a@b.co ", ".", "\n", "https://", "https://a?)))", "https://a@",
        "a dot ", "a at gmail.", "a(at)b.", "/u/aaa", "order number ", "call ", "é", MASK, f"1{MASK}",
        "1",
    ],
    ids=repr,
)  # fmt: skip
def test_a_megabyte_of_the_same(unit):
    text = unit * (1_000_000 // len(unit))
    assert len(mask(text)) == len(text)


@pytest.mark.parametrize(
    "unit",
    [
        "1 ", "1 2 3", "A1-", "1.1.1.", "1,1", "0123/", "0171 ", "+1 ", "(0123) ", "12-34-56 ", "GB29 NWBK 6016 1331 9268 18 ",
        "4111 1111 1111 1112 ", "order 1234 ", "account number 12-03-2024 ", "call 555-0182 ", "200.1.1.1 ",
    ],
    ids=repr,
)  # fmt: skip
def test_many_digits(unit):
    text = unit * (15_000 // len(unit))
    assert len(mask(text)) == len(text)
