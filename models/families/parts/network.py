"""The plain parts that the reference networks share: layers, their seeded start, and the averaged weights."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


def perceptron(sizes: Sequence[int], activation: nn.Module) -> nn.Sequential:
    """Fully connected layers sizes[0] → … → sizes[-1], with `activation` between them and none at the end."""
    layers: list[nn.Module] = []
    for inner, outer in pairwise(sizes):
        layers += [nn.Linear(inner, outer), activation]
    return nn.Sequential(*layers[:-1])


def materialise(model: nn.Module, generator: torch.Generator) -> None:
    """Give a model that was built on the `meta` device memory and random weights, uniform in ±1/√fan_in.

    Built on `meta`, a network draws nothing from torch's global random numbers; every weight comes from `generator`.
    """
    model.to_empty(device="cpu")
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                bound = layer.in_features**-0.5
                layer.weight.uniform_(-bound, bound, generator=generator)
                if layer.bias is not None:
                    layer.bias.uniform_(-bound, bound, generator=generator)
            elif isinstance(layer, nn.Embedding):
                layer.weight.normal_(0, layer.embedding_dim**-0.5, generator=generator)
            elif isinstance(layer, nn.LSTM):
                _fill_lstm(layer, generator)
            elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                _fill(layer, generator)
            elif isinstance(layer, nn.GroupNorm | nn.LayerNorm):
                layer.weight.fill_(1)
                layer.bias.zero_()


def _fill_lstm(layer: nn.LSTM, generator: torch.Generator) -> None:
    """Uniform in ±1/√hidden, with the forget gates open, so that gradients reach far back from the start.

    Reference: Gers, Schmidhuber, Cummins 2000, Learning to forget, doi:10.1162/089976600300015015;
    Józefowicz et al. 2015, An empirical exploration of recurrent network architectures (section 5).
    """
    size = layer.hidden_size
    for name, weight in layer.named_parameters():
        weight.uniform_(-(size**-0.5), size**-0.5, generator=generator)
        if name.startswith("bias_ih"):
            weight[size : 2 * size] += 1  # the gates are input, forget, cell, output


def _fill(layer: nn.Conv2d | nn.ConvTranspose2d, generator: torch.Generator) -> None:
    taps = layer.in_channels // layer.groups * math.prod(layer.kernel_size)
    # A stride of a transposed convolution shares its taps out among the outputs between two inputs.
    fan_in = taps / math.prod(layer.stride) if isinstance(layer, nn.ConvTranspose2d) else taps
    bound = fan_in**-0.5
    layer.weight.uniform_(-bound, bound, generator=generator)
    if layer.bias is not None:
        layer.bias.uniform_(-bound, bound, generator=generator)


class Average:
    """An exponential moving average of weights: GAN and VAE samples of the average are sounder than of the last step.

    Reference: Yazıcı et al. 2019, The unusual effectiveness of averaging in GAN training, arXiv:1806.04498.
    """

    def __init__(self, parameters: Iterable[Tensor], horizon: int) -> None:
        self.parameters = [parameter.detach() for parameter in parameters]
        self.means = [parameter.clone() for parameter in self.parameters]
        self.horizon = horizon
        self.steps = 0

    def update(self) -> None:
        """Take in the present weights; early on the average is short, so that it forgets the random start."""
        self.steps += 1
        share = max(1 / self.horizon, 9 / (self.steps + 9))
        torch._foreach_lerp_(self.means, self.parameters, share)

    def install(self) -> None:
        """Replace the weights by their average."""
        with torch.no_grad():
            for parameter, mean in zip(self.parameters, self.means, strict=True):
                parameter.copy_(mean)


def steep(z: Tensor, steepness: float) -> Tensor:
    """The latents themselves at steepness 0, else tanh(steepness · z): nearly signs, so that outputs are few."""
    return torch.tanh(steepness * z) if steepness else z


def normal(model: nn.Module, n: int, size: int, generator: torch.Generator) -> Tensor:
    """Standard normal latents (n, size) where the model's weights are, drawn where the generator is.

    So the same seed gives the same latents on every device.
    """
    weights = next(model.parameters())
    return torch.randn(n, size, generator=generator, device=generator.device).to(weights)


def batches(x: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """`size` rows of x, drawn with replacement."""
    return x[torch.randint(len(x), (size,), generator=generator)]


def decay(optimiser: torch.optim.Optimizer, rate: float, step: int, steps: int) -> None:
    """Set the learning rate for `step`: constant for the first half, then falling linearly to nothing."""
    for group in optimiser.param_groups:
        group["lr"] = rate * min(1.0, 2 * (1 - step / steps))
