"""A learned prior over latents: a mixture of Gaussians, so that separate kinds of records can have separate latents.

Under a standard normal prior, a variational autoencoder pays for gaps between kinds, and leaves out weak dependencies
rather than pay; under a mixture it need not.

Reference: Tomczak, Welling 2018, VAE with a VampPrior, arXiv:1705.07120 (section 2: the best prior is the mean of the
posteriors, and a mixture comes near it);
Dempster, Laird, Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x (expectation maximisation);
Arthur, Vassilvitskii 2007, k-means++: the advantages of careful seeding, SODA (where it starts).
"""

import math

import torch
from torch import Tensor, nn

LOG_PRECISION = (-4.0, 7.0)
"""Bounds of the logarithm of a component's inverse deviations."""
THIN = 1e-6
"""Added to variances in a fit: no component closes on a point."""


class MixturePrior(nn.Module):
    """K Gaussians over latents of size L.

    Component k has the mean μ and a lower triangular W with WᵀW its inverse covariance: W(z − μ) is standard normal.
    """

    def __init__(self, components: int, latent_dim: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.empty(components))
        self.means = nn.Parameter(torch.empty(components, latent_dim))
        self.log_precision = nn.Parameter(torch.empty(components, latent_dim))  # the logarithm of W's diagonal
        self.slant = nn.Parameter(torch.empty(components, latent_dim, latent_dim))  # below the diagonal of W

    def start(self, generator: torch.Generator) -> None:
        """Equal weights, means from a standard normal, deviations of a half."""
        with torch.no_grad():
            self.logits.zero_()
            self.means.normal_(generator=generator)
            self.log_precision.fill_(math.log(2))
            self.slant.zero_()

    def whitening(self) -> Tensor:
        """W of each component, (K, L, L)."""
        return self.slant.tril(-1) + self.log_precision.clamp(*LOG_PRECISION).exp().diag_embed()

    def joint(self, z: Tensor) -> Tensor:
        """Latents (n, L) to log P(component) p(z | component) in nats, (n, K)."""
        k, size = self.means.shape
        whitening = self.whitening()
        offset = (whitening @ self.means[..., None]).squeeze(2)  # (K, L)
        white = (z @ whitening.reshape(k * size, size).T).reshape(-1, k, size) - offset  # (n, K, L)
        log_norm = self.log_precision.clamp(*LOG_PRECISION).sum(1) - 0.5 * size * math.log(2 * math.pi)  # (K,)
        return self.logits.log_softmax(0) + log_norm - 0.5 * white.square().sum(2)

    def log_density(self, z: Tensor) -> Tensor:
        """Latents (n, L) to nats (n,)."""
        return self.joint(z).logsumexp(1)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw latents (n, L); the random numbers come from where the generator is."""
        bounds = self.logits.softmax(0).cumsum(0)[:-1].contiguous()
        u = torch.rand(n, generator=generator, device=generator.device).to(self.means)
        noise = torch.randn(n, self.means.shape[1], generator=generator, device=generator.device).to(self.means)
        component = torch.searchsorted(bounds, u, right=True)  # (n,)
        away: Tensor = torch.linalg.solve_triangular(self.whitening()[component], noise[..., None], upper=False)
        return self.means[component] + away.squeeze(2)

    @torch.no_grad()
    def refit(self, z: Tensor, generator: torch.Generator, steps: int = 30) -> None:
        """Fit the mixture to latents (n, L) by expectation maximisation, which can only raise a bound that uses it."""
        k, size = self.means.shape
        self.means.copy_(_spread_points(z, k, generator))
        self.logits.zero_()
        self.slant.zero_()
        self.log_precision.copy_((z.var(0) / k ** (2 / size) + THIN).log().mul(-0.5).expand(k, size))
        identity = torch.eye(size, dtype=torch.float64)
        for _ in range(steps):
            belongs = self.joint(z).softmax(1).double()  # (n, K)
            mass = belongs.sum(0).clamp_min(1e-6)  # (K,)
            means = belongs.T @ z.double() / mass[:, None]
            away = z.double()[:, None] - means  # (n, K, L)
            covariance = torch.einsum("nk,nkl,nkm->klm", belongs, away, away) / mass[:, None, None]
            factor = torch.linalg.cholesky(covariance + THIN * identity)
            whitening = torch.linalg.solve_triangular(factor, identity.expand(k, -1, -1), upper=False)
            self.logits.copy_(mass.log())
            self.means.copy_(means)
            self.log_precision.copy_(whitening.diagonal(dim1=1, dim2=2).log())
            self.slant.copy_(whitening.tril(-1))


def _spread_points(z: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """K of the points (n, L), each drawn with a chance in proportion to its squared distance from those before."""
    chosen = z[torch.randint(len(z), (1,), generator=generator)]
    nearest = (z - chosen).square().sum(1)
    for _ in range(k - 1):
        bounds = nearest.double().cumsum(0)
        u = torch.rand(1, generator=generator, dtype=torch.float64) * bounds[-1]
        point = z[torch.searchsorted(bounds, u).clamp(max=len(z) - 1)]  # (1, L)
        chosen = torch.cat([chosen, point])
        nearest = torch.minimum(nearest, (z - point).square().sum(1))
    return chosen


def fixed_noise(draws: int, latent_dim: int) -> Tensor:
    """The same standard normal numbers (draws, latent_dim) every time, in opposite pairs."""
    half = torch.randn((draws + 1) // 2, latent_dim, generator=torch.Generator().manual_seed(0))
    return torch.cat([half, -half])[:draws]


def log_gaussian(noise: Tensor, log_scale: Tensor) -> Tensor:
    """Log-density in nats of mean + exp(log_scale) · noise under the Gaussian it comes from, (n, L) each to (n,)."""
    return (-0.5 * noise.square() - log_scale - 0.5 * math.log(2 * math.pi)).sum(-1)


FAR = 1e3
"""Deviations that stand for infinity, whose slope would not be a number."""
REMOTE = 20.0
"""Deviations beyond which the normal distribution is computed by its leading term, to 1 in 400."""
NARROW = 0.02
"""Half-widths below so many deviations: the mass of a cell is its middle's density times its width, to 1 in 10,000."""


def log_mass(middle: Tensor, half: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Log of what a standard normal has in middle ± half; the first and last cell take the tails. Of half 0: density.

    Exact, or of narrow cells the density of the middle times the width: their difference of two probabilities would be
    lost in rounding.
    """
    narrow = (half < NARROW) & ~first & ~last
    thin = -0.5 * middle.square() - 0.5 * math.log(2 * math.pi) + torch.where(half > 0, 2 * half, 1.0).log()
    lower, upper = middle - half, middle + half
    lower, upper = (
        torch.where(first, lower.clamp_max(0) - FAR, lower),
        torch.where(last, upper.clamp_min(0) + FAR, upper),
    )
    # In the upper tail, work with the mirror image: there the logarithm of the normal distribution is not near 0.
    flip = lower + upper > 0
    below, above = torch.where(flip, -upper, lower), torch.where(flip, -lower, upper)
    remote = (above < -REMOTE) & ~narrow
    # Each formula gets harmless numbers where another holds, since even a slope that is not used must be one.
    usual = ~narrow & ~remote
    log_above = torch.special.log_ndtr(torch.where(usual, above, 1.0))
    log_below = torch.special.log_ndtr(torch.where(usual, below, -1.0).clamp_min(-FAR))
    exact = log_above + torch.log1p(-(log_below - log_above).exp())
    # The leading term of the tail: Φ(u) ≈ φ(u) / |u|.
    u, v = torch.where(remote, above, -REMOTE), torch.where(remote, below, -REMOTE - 1)
    tail = -0.5 * u.square() - (-u).log() - 0.5 * math.log(2 * math.pi) + torch.log1p(-((v - u) * -(u + v) / 2).exp())
    return torch.where(narrow, thin, torch.where(remote, tail, exact))
