"""Texts of token ids, for a language model whose tokenizer is not at hand: numbers with blanks between them."""

from typing import Any


class TokenIds:
    """Reads and writes token ids as `transformers` tokenizers do, as far as they are asked here.

    Args:
        vocabulary: how many tokens the model has.
        special: those that its configuration gives a role, as the start or the end of a text.
    """

    bos_token_id = eos_token_id = None

    def __init__(self, vocabulary: int, special: set[int]) -> None:
        self.vocabulary = vocabulary
        self.all_special_ids = sorted(each for each in special if 0 <= each < vocabulary)
        self.added_tokens_decoder: dict[int, Any] = {}

    def get_vocab(self) -> dict[str, int]:
        """Every token's text, which is its number."""
        return {str(each): each for each in range(self.vocabulary)}

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        """A text to ids; −1, which no model has, for a word that is no number."""
        words = text.split()
        return {"input_ids": [int(each) if each.isascii() and each.isdigit() else -1 for each in words]}

    def decode(self, ids: list[int], **_: Any) -> str:
        """Ids to a text, without those that have a role."""
        return " ".join(str(each) for each in ids if each not in self.all_special_ids)


def ids_of(network: Any) -> TokenIds:
    """The tokenizer of ids for a network of `transformers`."""
    rows, head = int(network.get_input_embeddings().num_embeddings), network.get_output_embeddings()
    vocabulary = min(rows, int(head.weight.shape[0])) if head is not None else rows
    special: set[int] = set()
    for settings in (network.config, network.generation_config):
        for name in ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"):
            value = getattr(settings, name, None)
            special |= {each for each in (value if isinstance(value, list) else [value]) if isinstance(each, int)}
    return TokenIds(vocabulary, special)
