"""An exception of the user's model is told from one of ours, and placed in the user's own file."""

from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.models.adapters.user_code import blamed, blaming, calling, failure
from genai_audit.models.errors import UserError


class Model:
    @torch.no_grad()
    def sample(self, n: int) -> Any:
        return self.decode(torch.zeros(n))

    def decode(self, z: Any) -> Any:
        return torch.linalg.inv(z)  # raises inside torch

    def helper(self) -> None:
        raise ValueError("no method of the contract")


def raised(call: Any) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 – which one is the test's question
        call()
    return caught.value


def test_the_line_is_the_users_and_the_method_the_one_that_was_called() -> None:
    said = failure(model := Model(), raised(lambda: model.sample(3)))
    line = (
        Path(__file__)
        .read_text(encoding="utf-8")
        .splitlines()
        .index("        return torch.linalg.inv(z)  # raises inside torch")
    )
    assert said is not None
    assert said.startswith(f"{__file__}:{line + 1}: Model.sample failed with RuntimeError: ")
    assert "\n" not in said


def test_what_no_method_raised_is_not_the_models() -> None:
    assert failure(model := Model(), raised(lambda: model.helper())) is None
    assert failure(model, raised(lambda: 1 / 0)) is None
    assert failure(None, raised(lambda: 1 / 0)) is None


def test_a_reference_model_of_ours_is_no_users_code() -> None:
    from genai_audit.models.families.vae import VAE, VAEConfig

    model = VAE(VAEConfig((1, 8, 8)))
    error = raised(lambda: model.decode(torch.zeros(2, 99)))
    assert failure(model, error) is None


def test_a_plain_function_in_place_of_a_method_is_placed_too() -> None:
    class Holder:
        pass

    def sample(n: int) -> None:
        raise SystemExit(0)

    model: Any = Holder()
    model.sample = sample
    said = failure(model, raised(lambda: model.sample(2)))
    assert said is not None
    assert said.endswith("Holder.sample failed with SystemExit: 0")


def test_without_a_method_of_its_own_the_call_is_named() -> None:
    run = calling(object(), "mine")
    with pytest.raises(UserError, match=r"^mine: sample\(2\) failed with ZeroDivisionError: division by zero$"):
        run(lambda: 1 / 0, "sample(2)")
    with pytest.raises(KeyboardInterrupt):
        run(lambda: (_ for _ in ()).throw(KeyboardInterrupt()), "sample(2)")
    assert run(lambda: 3, "sample(2)") == 3


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), KeyboardInterrupt()], ids=repr)
def test_what_our_code_never_raises_is_the_models(error: BaseException) -> None:
    assert blamed(object(), error, "a model") == f"a model: its code raised {type(error).__name__}: " + (
        "0" if isinstance(error, SystemExit) else "no message"
    )


def test_what_our_code_may_raise_is_nobodys() -> None:
    assert blamed(object(), ZeroDivisionError("a"), "a model") is None
    assert blamed(object(), ValueError("odd samples"), "a model") == "a model: odd samples"


def test_what_is_not_the_users_stays_as_it_was() -> None:
    error = KeyError("ours")
    with pytest.raises(KeyError) as caught, blaming(None, "checkpoint"):
        raise error
    # An exception that is its own cause would send whoever follows the causes round for ever.
    assert caught.value is error
    assert error.__cause__ is None
