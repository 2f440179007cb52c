"""Folders of masked language models score as the library's own network does, and are drawn from by nobody."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.models.adapters.opened import Options
from genai_audit.models.base import FillsIn, GenerativeModel
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_masked_models import MARKS, masked_network, save_masked

WORDS = ("she", "he", "is", "are", "tired", "old", "the", "nurse", "said")
SIZE = len(MARKS) + len(WORDS)
KINDS = ("Bert", "Roberta", "DistilBert", "Electra", "Albert", "MobileBert")


def opened(folder: Path, kind: str = "Bert", **config: Any) -> tuple[Any, Any]:
    network = masked_network(kind, SIZE, **config)
    return network, load_model(save_masked(network, folder, WORDS))


@pytest.mark.parametrize("kind", KINDS)
def test_the_pseudo_log_likelihood_is_that_of_a_loop_over_masks(kind: str, tmp_path: Path) -> None:
    network, (model, checkpoint) = opened(tmp_path, kind)
    assert checkpoint.family == f"transformers {kind}ForMaskedLM"
    ids = model.encode_text("the nurse said she is tired")
    assert ids == [len(MARKS) + WORDS.index(each) for each in ["the", "nurse", "said", "she", "is", "tired"]]
    found = model.masked_log_prob(torch.tensor([ids] * len(ids)), torch.arange(len(ids)))
    total = 0.0
    for place in range(len(ids)):
        row = [2, *ids, 3]
        row[place + 1] = 4
        with torch.no_grad():
            logits = network(input_ids=torch.tensor([row])).logits[0, place + 1].double()
        total += float(logits.log_softmax(-1)[ids[place]])
    assert float(found.sum()) == pytest.approx(total, abs=1e-5)
    # Not the same for all places, as it would be by a wrong one.
    assert len({round(float(each), 4) for each in found}) == len(ids)


@pytest.mark.parametrize(("kind", "room"), [("Bert", 22), ("Roberta", 21)])
def test_the_context_is_what_the_network_reads(kind: str, room: int, tmp_path: Path) -> None:
    _, (model, _) = opened(tmp_path, kind)
    assert model.context == room
    for length in (room, room + 1):
        ids = torch.full((1, length), 7)
        if length <= room:
            assert torch.isfinite(model.masked_log_prob(ids, torch.tensor([0]))).all()
        else:
            with pytest.raises((IndexError, RuntimeError)):
                model.masked_log_prob(ids, torch.tensor([0]))


def test_it_is_known_for_a_model_that_only_scores(tmp_path: Path) -> None:
    _, (model, checkpoint) = opened(tmp_path)
    assert isinstance(model, FillsIn)
    assert not isinstance(model, GenerativeModel)
    assert "fills in masked tokens" in " ".join(checkpoint.notes)
    with pytest.raises(UserError, match="tokens that the model knows"):
        model.encode_text("elle est fatiguée")


def test_options_for_drawing_are_refused(tmp_path: Path) -> None:
    folder = save_masked(masked_network("Bert", SIZE), tmp_path, WORDS)
    with pytest.raises(UserError, match="--prompts means nothing to BertForMaskedLM, which fills in masked tokens"):
        load_model(folder, options=Options(prompts=("she",)))


def test_without_a_mask_token_nothing_can_be_scored(tmp_path: Path) -> None:
    folder = save_masked(masked_network("Bert", SIZE), tmp_path, WORDS, mask_token=None)
    with pytest.raises(UserError, match="expected a tokenizer with a mask token, got none"):
        load_model(folder)


def test_a_folder_without_its_head_is_refused(tmp_path: Path) -> None:
    folder = save_masked(masked_network("Bert", SIZE), tmp_path, WORDS)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["BertModel"]}))
    with pytest.raises(UserError, match=r"causal, sequence-to-sequence or masked language model .* got BertModel"):
        load_model(folder)


def test_damaged_weights_are_refused_when_they_are_asked(tmp_path: Path) -> None:
    network = masked_network("Bert", SIZE)
    network.cls.predictions.bias.data[:] = float("nan")
    model: Any = load_model(save_masked(network, tmp_path, WORDS))[0]
    with pytest.raises(UserError, match="expected finite logits"):
        model.masked_log_prob(torch.tensor([[6, 7]]), torch.tensor([0]))
