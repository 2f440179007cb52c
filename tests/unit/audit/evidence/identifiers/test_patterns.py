"""Identifiers with a form of their own are found with their check digits, and what only looks like one is not."""

import pytest

from genai_audit.audit.evidence.identifiers.patterns import found, iban, luhn, names, small_words


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("write to Ann.Lee+x@Mail.Example.org.", "e-mail address", "ann.lee+x@mail.example.org"),
        # The test numbers that payment providers publish, and the example of ISO 13616's registry.
        ("card 4111 1111 1111 1111 exp", "payment card", "4111111111111111"),
        ("5500-0055-5555-5559", "payment card", "5500005555555559"),
        ("378282246310005", "payment card", "378282246310005"),
        ("IBAN GB82 WEST 1234 5698 7654 32 please", "IBAN", "GB82WEST12345698765432"),
        ("DE89370400440532013000", "IBAN", "DE89370400440532013000"),
        ("SSN 219-09-9999", "national number (US)", "219099999"),
        ("CPF 111.444.777-35", "national number (BR)", "11144477735"),
        ("DNI 12345678Z", "national number (ES)", "12345678Z"),
        ("NIE X1234567L", "national number (ES)", "X1234567L"),
        ("from 192.168.10.254 at noon", "IP address", "192.168.10.254"),
        ("call +49 30 1234567", "phone number", "+49301234567"),
        ("call (212) 555-0187 now", "phone number", "2125550187"),
    ],
)
def test_what_is_found(text: str, kind: str, value: str) -> None:
    assert list(found(text)) == [(kind, value)]


def test_a_number_of_france_with_its_key() -> None:
    number = 1850175123456
    key = 97 - number % 97
    assert list(found(f"no {number}{key:02d}")) == [("national number (FR)", f"{number}{key:02d}")]


@pytest.mark.parametrize(
    "text",
    [
        "version 4.1.2 of 2024-05-17, 12345678 rows",
        "4111 1111 1111 1112",  # Luhn's digit is wrong.
        "0000 0000 0000 0000",
        "GB82 WEST 1234 5698 7654 33",
        "666-12-3456",
        "111.444.777-36",
        "12345678A",
        "999.1.1.1",
        "user@localhost",
        "in 1,234.56 of 2,000 cases",
        "",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert list(found(text)) == []


def test_check_digits_by_hand() -> None:
    # 7992739871: doubled from the right 2, 7→… the published example's check digit is 3.
    assert [digit for digit in range(10) if luhn(f"7992739871{digit}")] == [3]
    assert iban("GB82WEST12345698765432")
    assert not iban("GB28WEST12345698765432")


def test_names_are_capitals_that_are_never_small_elsewhere() -> None:
    texts = [
        "When Ada Lovelace wrote to Charles Babbage",
        "The New Engine was when new",
        "a Duke and the duke Of York, of old",
    ]
    small = small_words(texts)
    assert [list(names(text, small)) for text in texts] == [["Ada Lovelace", "Charles Babbage"], [], []]
