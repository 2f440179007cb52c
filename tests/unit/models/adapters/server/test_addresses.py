"""Addresses of servers: their parts, and those that are refused."""

import pytest

from genai_audit.models.adapters.server.endpoint import parse
from genai_audit.models.errors import UserError


def test_the_parts_of_an_address() -> None:
    plain = parse("https://host:8000/api/v1/#org/model%20x")
    assert (plain.base, plain.chat, plain.name) == ("https://host:8000/api/v1", None, "org/model x")
    assert plain.at("models") == "https://host:8000/api/v1/models"
    assert parse("https://host/v1/completions#m").chat is False
    chat = parse("https://host/v1/chat/completions?api-version=2#m")
    assert (chat.base, chat.chat, chat.at("x")) == ("https://host/v1", True, "https://host/v1/x?api-version=2")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://user:hidden@host/v1#m", "expected an address without user and password; set GENAI_AUDIT_API_KEY"),
        ("https://host/v1?api_key=hidden#m", "expected no api_key in the address, where it would stand in the record"),
        ("https://host/v1?access_token=hidden", "expected no access_token in the address"),
        ("https:///v1#m", "expected an address such as https://host/v1#MODEL"),
        ("https://host:notaport/v1#m", "expected an address such as https://host/v1#MODEL"),
        ("ftp://host/v1#m", "expected an address such as https://host/v1#MODEL"),
        ("https://host/zürich/v1#m", "expected an address in ASCII, got other characters; write them as %XX"),
    ],
)
def test_addresses_that_are_none_or_carry_secrets_are_refused(url: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        parse(url)
    assert "hidden" not in str(error.value)
    assert "\n" not in str(error.value)
