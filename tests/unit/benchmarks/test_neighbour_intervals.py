"""The study of GA302's intervals knows the truth of every estimate that it judges."""

from collections.abc import Callable
from types import ModuleType

import numpy as np


def test_every_estimate_has_a_truth(study: Callable[[str], ModuleType]) -> None:
    module = study("neighbour_intervals")
    setting = module.Setting(module.gaussian(3), module.gaussian(3), 60, 1)
    true = module.truth(setting, 3, np.random.default_rng(0))
    assert set(true) == set(module.STUDIED)
    assert all(0 < value < 2 for value in true.values())
