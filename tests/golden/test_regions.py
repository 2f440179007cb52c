"""Effects of regions that follow from a formula; the derivation stands beside each."""

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation, IntegratedGradients
from torch import Tensor, nn

from genai_audit.audit.evidence.criticised.collect import collect as criticise
from genai_audit.audit.evidence.encoded.codes import Encoder
from genai_audit.audit.evidence.encoded.collect import Explanation
from genai_audit.audit.evidence.encoded.collect import collect as encode
from genai_audit.audit.evidence.regions.gradients import integrated
from genai_audit.audit.evidence.regions.layout import picture_regions
from genai_audit.audit.evidence.regions.masking import masked_arrays, occlusion, summed
from genai_audit.audit.evidence.regions.records import Cut
from genai_audit.audit.statistics.attribution.region_shares import shares_of_size
from unit.audit.attribution.region_examples import Coder, Judge, evidence, nothing, pictures, plan

WEIGHTS = torch.linspace(-1, 2, 64, dtype=torch.float64).reshape(1, 8, 8)


def network(inputs: int, outputs: int, seed: int = 0) -> nn.Sequential:
    made = nn.Sequential(nn.Linear(inputs, 16), nn.Tanh(), nn.Linear(16, outputs)).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn(each.shape, generator=generator, dtype=torch.float64))
    return made


def test_a_linear_critic_is_occluded_exactly() -> None:
    made, real = pictures(40, 0), pictures(50, 1)
    found = criticise(plan(Judge(lambda x: (x * WEIGHTS.float()).flatten(1).sum(1))), evidence(made, real), nothing)
    # Every position is a region of its own: the score falls by w (x − b), by occlusion and by integrated gradients.
    expected = (WEIGHTS.numpy() * (made - real.mean(axis=0))).reshape(40, 64)[found.generated.rows]
    assert found.generated.effects == pytest.approx(expected, abs=1e-5)
    assert found.generated.attributions == pytest.approx(expected[found.generated.attributed], abs=1e-5)


def test_occlusion_is_what_captum_gives() -> None:
    records = pictures(6, 0)[:, :, :5, :5].repeat(4, axis=2).repeat(4, axis=3)  # 20 × 20
    regions, body = picture_regions(20, 20), network(400, 1)
    baseline = records.mean(axis=0)

    def score(x: Tensor) -> Tensor:
        return body(x.double().flatten(1))[:, 0]

    def readout(some: np.ndarray, rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return score(torch.from_numpy(some)).numpy()

    ours = occlusion(masked_arrays(readout, records, baseline, regions), 6, regions)
    mask = torch.from_numpy(regions.place)[None, None]
    captums = FeatureAblation(score).attribute(
        torch.from_numpy(records).double(), baselines=torch.from_numpy(baseline)[None].double(), feature_mask=mask
    )
    # Captum repeats a region's effect at each of its positions.
    theirs = np.stack([captums[:, 0][:, regions.place == at][:, 0].numpy() for at in range(64)], axis=1)
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_the_label_free_readout_is_the_sum_over_dimensions() -> None:
    body = network(64, 3)
    records = torch.from_numpy(pictures(5, 0)).double()
    baseline = records.mean(dim=0, keepdim=True)

    def mean(x: Tensor) -> Tensor:
        return body(x.flatten(1).double())

    fixed = mean(records).detach()
    found = integrated(lambda x, more: (more * mean(x)).sum(1), records, baseline, fixed, steps=(64,))
    # ⟨μ(x), μ(·)⟩ is linear in μ(·), and so are integrated gradients: Σ_i μ_i(x) IG_i.
    expected = sum(
        fixed[:, i, None, None, None]
        * IntegratedGradients(lambda x, i=i: mean(x)[:, i]).attribute(records, baselines=baseline, n_steps=64)
        for i in range(3)
    )
    assert isinstance(expected, Tensor)
    assert np.abs(found.attributions - expected.detach().numpy()).max() < 1e-8
    assert found.complete


def test_the_explained_readout_is_that_product() -> None:
    records, body = pictures(4, 0), network(64, 3).float()
    model = Coder(lambda x: body(x.flatten(1)))
    encoder, rows = Encoder(model), np.arange(4)
    how = Cut(picture_regions(8, 8), "mean", records.mean(axis=0))
    means = encoder.means(records, rows)
    some = Explanation(encoder, how, records, rows, means)
    # Integrated gradients add up to ⟨μ(x), μ(x) − μ(x̄)⟩.
    change = (means * (means - encoder.means(how.baseline[None], rows[:1]))).sum(axis=1)
    assert summed(some.attributed().attributions, how.regions).sum(axis=1) == pytest.approx(change, rel=0.01)


@pytest.mark.parametrize("family", ["occlusion", "integrated gradients"])
def test_a_network_that_reads_five_positions_has_all_its_mass_there(family: str) -> None:
    read, body = np.array([3, 17, 20, 41, 63]), network(5, 1).float()
    made, real = pictures(60, 0), pictures(60, 1)
    found = criticise(plan(Judge(lambda x: body(x.flatten(1)[:, read])[:, 0])), evidence(made, real), nothing)
    side = found.generated
    shares = shares_of_size(side.effects if family == "occlusion" else side.attributions)
    assert shares is not None
    assert shares.of(np.isin(np.arange(64), read))[0] == pytest.approx(1.0, abs=1e-9)


def test_an_encoder_that_reads_the_left_half_has_all_its_mass_there() -> None:
    body = network(32, 4).float()
    found = encode(
        plan(Coder(lambda x: body(x[..., :4].flatten(1)))), evidence(pictures(9, 0), pictures(60, 1)), nothing
    )
    left = np.arange(64) % 8 < 4
    for maps in (found.attributions, found.effects):
        shares = shares_of_size(maps)
        assert shares is not None
        assert shares.of(left)[0] == pytest.approx(1.0, abs=1e-9)
    assert found.maps[0, 0, :, 4:].max() == 0
