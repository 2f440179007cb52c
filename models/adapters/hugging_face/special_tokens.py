"""Which tokens start and end a text, and which are never drawn: three files of a folder say so, and may disagree."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..token_models.token_drawing import Special
from .folder import some


def special_tokens(
    path: Path, network: Any, tokenizer: Any, *, causal: bool, prompted: bool
) -> tuple[Special, list[str]]:
    """The special tokens of a model, and what to note of them.

    Args:
        path: for messages.
        network: has config, perhaps generation_config, and an embedding.
        tokenizer: that of the same folder.
        causal: whether texts start from the start token; else from the decoder's.
        prompted: whether every text has a prompt, so that no start token is needed.

    Raises:
        UserError: if the tokenizer does not fit the embedding, or there is nothing to start from.
    """
    vocabulary, notes = vocabulary_of(path, network, tokenizer)
    settings = network.generation_config
    asked = {name: getattr(settings, name, None) for name in ("bad_words_ids", "suppress_tokens")}
    unused = set(range(vocabulary)) - set(tokenizer.get_vocab().values()) - set(tokenizer.all_special_ids)
    banned = unused | {int(word[0]) for word in asked["bad_words_ids"] or () if len(word) == 1}
    banned = {each for each in banned | set(_whole(asked["suppress_tokens"])) if 0 <= each < vocabulary}
    if unused:
        notes.append(f"{len(unused)} rows of the embedding belong to no token of the tokenizer and are never drawn.")
    if len(banned) > len(unused):
        notes.append(f"{len(banned) - len(unused)} tokens are never drawn, as the folder's generation settings ask.")
    ends = _ends(network, tokenizer, vocabulary, notes)
    banned -= set(ends)
    if len(banned) == vocabulary:
        raise UserError(
            f"{path}: expected tokens that may be drawn, but generation_config.json suppresses all {vocabulary}; "
            f"correct it"
        )
    start = _start(network, tokenizer, vocabulary, ends, notes) if causal else _decoder_start(path, network, vocabulary)
    if causal and not start and not prompted:
        raise UserError(
            f"{path}: expected a start or end token to start texts from, got none within the vocabulary; "
            "give --prompts FILE.txt"
        )
    return Special(start, ends, tuple(sorted(banned)), vocabulary, _context(network)), notes


def vocabulary_of(path: Path, network: Any, tokenizer: Any) -> tuple[int, list[str]]:
    """V, how many tokens have logits, and a note where the tokenizer knows special tokens beyond it.

    Raises:
        UserError: if it knows other tokens beyond it, or none.
    """
    rows = int(network.get_input_embeddings().num_embeddings)
    head = network.get_output_embeddings()
    vocabulary = min(rows, int(head.weight.shape[0])) if head is not None else rows
    beyond = {word: each for word, each in tokenizer.get_vocab().items() if each >= vocabulary}
    plain = [word for word, each in beyond.items() if not _is_special(tokenizer, each)]
    if plain or not tokenizer.get_vocab():
        raise UserError(
            f"{path}: expected a tokenizer for {vocabulary} tokens, got one with {len(tokenizer.get_vocab())}, of "
            f"which {some(plain)} lie beyond; it belongs to another model: save this model's own tokenizer beside it"
        )
    return vocabulary, [
        f"The tokenizer's special tokens {some(list(beyond))} lie outside the model's vocabulary and are not used."
    ] if beyond else []


def _ends(network: Any, tokenizer: Any, vocabulary: int, notes: list[str]) -> tuple[int, ...]:
    """The end tokens: those of the configuration that the tokenizer holds for special too, and the tokenizer's own."""
    settings, own = network.generation_config, _whole(tokenizer.eos_token_id)
    asked = _whole(getattr(settings, "eos_token_id", None)) or _whole(getattr(network.config, "eos_token_id", None))
    outside = [each for each in {*asked, *own} if not 0 <= each < vocabulary]
    if outside:
        notes.append(f"End token {some(outside)} lies outside the vocabulary of {vocabulary} and is not used.")
    plain = [each for each in asked if each not in outside and own and not _is_special(tokenizer, each)]
    if plain:
        notes.append(
            f"End token {some(plain)} of the configuration is a word to the tokenizer, whose own is used instead."
        )
    # The tokenizer's own first: it stands for the end where a given text is scored.
    ends = tuple(dict.fromkeys(each for each in (*own, *asked) if each not in outside and each not in plain))
    if not ends:
        notes.append("No end token is within the vocabulary, so that every text runs until it is cut.")
    return ends


def _start(network: Any, tokenizer: Any, vocabulary: int, ends: tuple[int, ...], notes: list[str]) -> tuple[int, ...]:
    """The token before the first one: the start token, else an end token, which closes the text before this one."""
    own, asked = _whole(tokenizer.bos_token_id), _whole(getattr(network.config, "bos_token_id", None))
    outside = [each for each in {*own, *asked} if not 0 <= each < vocabulary]
    if outside:
        notes.append(f"Start token {some(outside)} lies outside the vocabulary of {vocabulary} and is not used.")
    for each in (*own, *asked):
        if each not in outside and _is_special(tokenizer, each):
            return (each,)
    if ends:
        notes.append("Texts start from the end token, as there is no start token.")
    return ends[:1]


def _decoder_start(path: Path, network: Any, vocabulary: int) -> tuple[int, ...]:
    """What the decoder reads first: its start token, and the one that is forced to come next where there is such."""
    declared = [_first(network, name) for name in ("decoder_start_token_id", "forced_bos_token_id")]
    if declared[0] is None:
        raise UserError(f"{path}: expected decoder_start_token_id in config.json, got none; save the model again")
    start = tuple(each for each in declared if each is not None)
    if not all(0 <= each < vocabulary for each in start):
        raise UserError(
            f"{path}: expected the decoder's start token within the vocabulary of {vocabulary}, got {start}; "
            f"save the model again"
        )
    return start


def _first(network: Any, name: str) -> int | None:
    """A token that the generation settings name, else the configuration."""
    asked = [*_whole(getattr(network.generation_config, name, None)), *_whole(getattr(network.config, name, None))]
    return asked[0] if asked else None


def _context(network: Any) -> int | None:
    try:
        limit = getattr(network.config.get_text_config(), "max_position_embeddings", None)
    except (NotImplementedError, ValueError):
        # So XLNet says that it has none, and a model of several parts that each part has its own.
        return None
    return limit if isinstance(limit, int) and limit > 0 else None


def _is_special(tokenizer: Any, token: int) -> bool:
    added = tokenizer.added_tokens_decoder.get(token)
    return token in tokenizer.all_special_ids or bool(added is not None and added.special)


def _whole(value: Any) -> list[int]:
    several: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    return [each for each in several if isinstance(each, int) and not isinstance(each, bool)]
