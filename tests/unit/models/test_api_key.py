"""Text without the key, and addresses without secrets."""

import pytest

from genai_audit.models.api_key import KEY_VARIABLE, cleaned, without_key, without_secrets


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        ("", "anything", "anything"),
        ("EMPTY", "EMPTY set", "EMPTY set"),
        ("s3cret", "a s3cret b s3 cret c", "a (key) b s3 cret c"),
        ("sk-very-secret", "very-secret, sk-very-secret", "very-secret, (key)"),
        ("sk-very-secret", "sk-very-\n secret", "(key)"),
        ("sk-very-secret", "ends in sk-very-", "ends in (key)"),
        ("sk-very-secret", "ends in sk-ve", "ends in sk-ve"),
        ("sk-very-secret-0123456789", "x ry-secret-01 y", "x (key) y"),
        ("sk-very-secret-0123456789", "x ry-secret y", "x ry-secret y"),
        ("a/b+c&d<e", "a%2fb%2Bc&amp;d&lt;e, a\\/b+c\\u0026d<e, a%252Fb+c&d<e", "(key), (key), (key)"),
    ],
)
def test_the_key_and_its_parts_are_taken_out(key: str, text: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    assert without_key(text) == shown
    assert cleaned({text: [text, 1, None]}) == {shown: [shown, 1, None]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:word@host/v1#m", "https://(hidden)@host/v1#m"),
        ("http:/user:word@host is no file", "http:/(hidden)@host is no file"),
        ("https://host/v1?api_key=word&api-version=2#m", "https://host/v1?api_key=(hidden)&api-version=2#m"),
        ("mail a@b.org about https://host/x@y", "mail a@b.org about https://host/x@y"),
        ("--policy key=3", "--policy key=3"),
    ],
)
def test_addresses_keep_no_secret(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
