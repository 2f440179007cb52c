"""`--loader` runs the user's function and checks what it returns; each error names file, line, attribute or shape."""

import sys
from pathlib import Path

import pytest
import torch

from genai_audit.models.adapters.loader import load_with
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError

HEAD = """
import torch
class Model:
    modality = "image"
    def sample(self, n, *, generator, condition=None):
        return torch.rand(n, 1, 4, 4, generator=generator)
"""


def loader(folder: Path, code: str, function: str = "load") -> str:
    (folder / "my_loader.py").write_text(code)
    return f"{folder / 'my_loader.py'}:{function}"


NETWORK = """
import torch
from torch import nn
from layers import WIDTH

class Net(nn.Module):
    modality = "image"
    latent_dim = 3
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, WIDTH), nn.Dropout(0.5), nn.Linear(WIDTH, 12), nn.Sigmoid())
    def decode(self, z):
        return self.layers(z).reshape(-1, 3, 2, 2)
    def sample(self, n, *, generator, condition=None):
        with torch.no_grad():
            return self.decode(torch.randn(n, 3, generator=generator))

def load(path):
    net = Net()
    net.load_state_dict(torch.load(path, weights_only=True))
    return net
"""


def test_a_state_dict_of_the_users_own_network(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("WIDTH = 7")
    torch.manual_seed(0)
    weights = {
        "layers.0.weight": torch.randn(7, 3), "layers.0.bias": torch.randn(7),
        "layers.2.weight": torch.randn(12, 7), "layers.2.bias": torch.randn(12),
    }  # fmt: skip
    torch.save(weights, tmp_path / "w.pt")
    path_before = list(sys.path)
    with pytest.raises(UserError, match="--loader"):
        load_model(tmp_path / "w.pt")
    model, checkpoint = load_model(tmp_path / "w.pt", loader(tmp_path, NETWORK))
    assert sys.path == path_before
    assert (checkpoint.family, checkpoint.format, checkpoint.modality) == ("loader", "torch", "image")
    assert checkpoint.parameters == 7 * 3 + 7 + 12 * 7 + 12
    assert not model.training  # dropout would fail the check that equal seeds give equal samples
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    hidden = z @ weights["layers.0.weight"].T + weights["layers.0.bias"]
    expected = (hidden @ weights["layers.2.weight"].T + weights["layers.2.bias"]).sigmoid().reshape(5, 3, 2, 2)
    torch.testing.assert_close(model.sample(5, generator=torch.Generator().manual_seed(1)), expected)


def test_sys_path_is_restored_after_a_failure(tmp_path: Path) -> None:
    before = list(sys.path)
    with pytest.raises(UserError):
        load_with(tmp_path, loader(tmp_path, "raise ValueError"))
    assert sys.path == before


def model_with(body: str, returned: str = "Model()") -> str:
    return f"{HEAD}{body}\ndef load(path):\n    return {returned}\n"


BAD = {
    "returns None": (model_with("", "None"), "expected load to return a model, got None; does it lack a return"),
    "no modality": (model_with("    del modality"), "expected the Model to have modality, got none"),
    "no sample": (model_with("", "object()"), "expected the object to have modality"),
    "only modality": (
        model_with("class B:\n    modality = 'image'", "B()"),
        r"to have sample, got none; add sample\(n",
    ),
    "odd modality": (model_with("    modality = 'picture'"), "modality among image, text, .*, got 'picture'"),
    "sample no method": (model_with("    sample = 3"), "expected sample to be a method, got int"),
    "no generator": (model_with("    def sample(self, n): return None"), "my_loader.*: sample.* failed with TypeError"),
    "list": (model_with("    def sample(self, n, **k): return [1]"), "to be a torch.Tensor, got list; convert"),
    "integers": (
        model_with("    def sample(self, n, **k): return torch.zeros(n, 1, 4, 4, dtype=torch.uint8)"),
        "of floats, got torch.uint8",
    ),
    "flat": (
        model_with("    def sample(self, n, **k): return torch.zeros(n, 16)"),
        r"sample\(2, …\) of shape \(2, c, h, w\), got \(2, 16\)",
    ),
    "too many": (model_with("    def sample(self, n, **k): return torch.zeros(5, 1, 4, 4)"), r"got \(5, 1, 4, 4\)"),
    "NaN": (
        model_with("    def sample(self, n, **k): return torch.zeros(n, 1, 4, 4) / 0"),
        r"finite values in sample\(2, …\), got NaN or infinity",
    ),
    "range": (
        model_with("    def sample(self, n, **k): return torch.full((n, 1, 4, 4), -1.0)"),
        r"values in \[0, 1\] from sample\(2, …\), got -1 to -1; rescale",
    ),
    "own randomness": (
        model_with("    def sample(self, n, **k): return torch.rand(n, 1, 4, 4)"),
        "expected equal samples from generators of equal seed, got different ones; pass generator=",
    ),
    "decode without size": (
        model_with("    def decode(self, z): return z"),
        "expected latent_dim beside decode, a whole number of at least 1, got None",
    ),
    "decode shape": (
        model_with("    latent_dim = 3\n    def decode(self, z): return z"),
        r"expected decode\(z\) of shape \(2, 1, 4, 4\), got \(2, 3\)",
    ),
    "decode range": (
        model_with("    latent_dim = 3\n    def decode(self, z): return torch.full((len(z), 1, 4, 4), 255.0)"),
        r"from decode\(z\), got 255 to 255",
    ),
    "encode one": (
        model_with("    def encode(self, x): return x"),
        r"expected encode\(x\) to return \(mean, log_variance\), got Tensor",
    ),
    "encode shape": (
        model_with("    def encode(self, x): return x, x"),
        r"expected mean of encode\(x\) of shape \(2, latent_dim\), got \(2, 1, 4, 4\)",
    ),
    "likelihood of no kind": (
        model_with("    def log_prob(self, x): return torch.zeros(len(x))"),
        'expected log_prob_kind beside log_prob, "exact" or "lower_bound", got None',
    ),
    "likelihood shape": (
        model_with("    log_prob_kind = 'exact'\n    def log_prob(self, x): return torch.zeros(len(x), 1)"),
        r"expected log_prob\(samples\) as a tensor \(2,\) without NaN, got Tensor",
    ),
    "critic shape": (
        model_with("    def critic(self, x): return x.flatten(1)"),
        r"expected critic\(x\) of shape \(2,\), got \(2, 16\)",
    ),
    "syntax": ("def load(path):\n    return (\n", r"my_loader.py:2: import failed with SyntaxError"),
    "import": ("import torch\nimport no_such_module\n", "my_loader.py:2: import failed with ModuleNotFoundError"),
    "raises": (
        "def load(path):\n    x = 1\n    raise KeyError('w')",
        r"my_loader.py:3: load\(.*\) failed with KeyError: 'w'",
    ),
    "exits": ("def load(path):\n    raise SystemExit(0)", r"my_loader.py:2: load\(.*\) failed with SystemExit: 0"),
    "many lines": ("def load(path):\n    raise ValueError('a\\nb')", "failed with ValueError: a b"),
    "other name": ("def build(path):\n    pass", "expected a function load, got none of that name; it has: build"),
    "not callable": ("load = 3", "expected load to be a function, got int"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_the_users_code_is_said_in_one_line(name: str, tmp_path: Path) -> None:
    code, message = BAD[name]
    with pytest.raises(UserError, match=message) as refusal:
        load_with(tmp_path, loader(tmp_path, code))
    assert "my_loader.py" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("my_loader.py", "expected FILE.py:FUNCTION, e.g. loader.py:load, got 'my_loader.py'"),
        ("my_loader.py:", "expected FILE.py:FUNCTION"),
        (":load", "expected FILE.py:FUNCTION"),
        ("none.py:load", "expected a Python file at none.py, but no file is there"),
    ],
)
def test_the_option_itself_is_checked(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--loader: " + message):
        load_with(tmp_path, text)


def test_a_file_that_is_not_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loader.txt").write_text("load = 3")
    with pytest.raises(UserError, match=r"its name must end in \.py"):
        load_with(tmp_path, f"{tmp_path / 'loader.txt'}:load")


def test_a_sound_model_of_each_capability_is_accepted(tmp_path: Path) -> None:
    body = """
    latent_dim = 3
    def decode(self, z): return z.sum(1)[:, None, None, None].sigmoid().expand(-1, 1, 4, 4)
    def encode(self, x): return x.new_zeros(len(x), 3), x.new_zeros(len(x), 3)
    def critic(self, x): return x.mean((1, 2, 3))
"""
    assert load_with(tmp_path, loader(tmp_path, model_with(body))).modality == "image"


def test_other_modalities_are_taken_at_their_word(tmp_path: Path) -> None:
    body = "    modality = 'text'\n    def sample(self, n, **k): return ['a'] * n"
    assert load_with(tmp_path, loader(tmp_path, model_with(body))).modality == "text"


FILLER = """
import torch
class Model:
    modality = "text"
    def encode_text(self, text):
        return [1 + ord(each) % 8 for each in text]
    def masked_log_prob(self, ids, places):
        return torch.full((len(ids),), -2.0)
def load(path):
    model = Model()
    {change}
    return model
"""


def test_a_model_that_fills_in_masked_tokens_needs_no_sample(tmp_path: Path) -> None:
    model = load_with(tmp_path, loader(tmp_path, FILLER.format(change="")))
    assert not hasattr(model, "sample")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("Model.modality = 'image'", "expected modality = \"text\" beside masked_log_prob, got 'image'"),
        ("del Model.encode_text", "expected encode_text beside masked_log_prob, got none"),
        ("Model.masked_log_prob = lambda self, i, p: torch.zeros(2, 3)", r"floats of shape \(2,\), got shape \(2, 3\)"),
        ("Model.masked_log_prob = lambda self, i, p: [0.0, 0.0]", r"floats of shape \(2,\), got list"),
        ("Model.masked_log_prob = lambda self, i, p: torch.ones(2)", "in nats, at most 0, got 1, 1"),
        ("Model.masked_log_prob = lambda self, i, p: 1 / 0", "masked_log_prob.* failed with ZeroDivisionError"),
    ],
)
def test_what_is_wrong_with_masked_scores_is_said(change: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        load_with(tmp_path, loader(tmp_path, FILLER.format(change=change)))
