"""Text for a stream whose encoding lacks some of its characters: signs become what a typewriter has for them."""

import unicodedata

PLAIN = {
    "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "±": "+/-", "−": "-", "–": "-", "—": "--", "×": "x", "·": ".", "→": "->",
    "…": "...", "✓": "+", "✕": "x", "●": "*", "′": "'", "‖": "||", "√": "sqrt", "∞": "inf", "∫": "integral ", "∂": "d",
    "½": "1/2", "♯": "#", "µ": "u", "°": " degrees", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "ı": "i",
    "‘": "'", "’": "'", "“": '"', "”": '"', "⟨": "<", "⟩": ">", "•": "*", "─": "-", "━": "-", "╸": "-", "╺": "-",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ",
}  # fmt: skip


def fitting(text: str, encoding: str | None) -> str:
    r"""The text as that encoding can carry it: `<=` for `≤`, `alpha` for `α`, `^2` for `²`, else `\xe9` for `é`.

    Args:
        text: what is to be written.
        encoding: of the stream; None where it takes any text.
    """
    if encoding is None or text.isascii() or _carries(text, encoding):
        return text
    return "".join(char if _carries(char, encoding) else _plain(char) for char in text)


def _carries(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain(char: str) -> str:
    if char in PLAIN:
        return PLAIN[char]
    name = unicodedata.name(char, "")
    if name.startswith("GREEK ") and " LETTER " in name and " WITH " not in name:
        letter = name.partition(" LETTER ")[2].lower().replace("lamda", "lambda")
        return letter.capitalize() if " CAPITAL " in name else letter
    kind, _, one = unicodedata.decomposition(char).partition(" ")
    if kind in ("<super>", "<sub>"):
        base = chr(int(one, 16))
        return ("^" if kind == "<super>" else "_") + (base if base.isascii() else _plain(base))
    return char.encode("ascii", "backslashreplace").decode("ascii")
