"""The learners that are trained on generated and on real records: one linear, one of trees.

Both are small on purpose: their mistakes are compared, not admired. Everything that they learn of the columns (medians,
scales, categories) comes from the records that they are trained on.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number

CATEGORIES = 50
"""Categories of one column that are told apart at most; the rarest count as one."""

Predictions = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Learner:
    """A way to learn an outcome from the other columns.

    Args:
        name: for readers.
        seeds: whether training hangs on a seed.
        trees: gradient boosting rather than logistic regression.
    """

    name: str
    seeds: bool
    trees: bool


LEARNERS = (Learner("logistic regression", False, False), Learner("gradient boosting", True, True))


def predictions(learner: Learner, train: Any, outcome: NDArray[np.int64], test: Any, *, seed: int) -> Predictions:
    """The outcome that a learner, trained on one part, predicts for every test record, int8 (t,).

    Args:
        learner: which one.
        train: a frame without the outcome, as `plain` makes it.
        outcome: int64 (s,), what it is to learn of each row.
        test: a frame with the same columns, (t, …), likewise.
        seed: of the training, where it has one.
    """
    from sklearn.exceptions import ConvergenceWarning

    seen = np.unique(outcome)
    if len(seen) == 1:  # Who has seen one outcome only predicts that one.
        return np.full(len(test), seen[0], dtype=np.int8)
    pipeline = _boosting(train, seed) if learner.trees else _regression(train)
    with warnings.catch_warnings():
        # A regression that stops a little early is still the same learner on both sides.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # Columns of nothing but gaps, and levels that one side lacks, are what is being compared.
        warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
        pipeline.fit(train, outcome)
        told: Predictions = np.asarray(pipeline.predict(test), dtype=np.int8)
    return told


def plain(frames: Sequence[Any]) -> list[Any]:
    """The frames with columns of numbers as float and all others as text, so that all sides have the same types.

    A column is of numbers if it is so in every frame.
    """
    import pandas as pd

    numbers = [name for name in frames[0].columns if all(is_number(each[name]) for each in frames)]
    return [
        pd.DataFrame(
            {
                str(name): each[name].to_numpy(dtype=np.float64, na_value=np.nan)
                if name in numbers
                else _texts(each[name])
                for name in frames[0].columns
            }
        )
        for each in frames
    ]


def _columns(frame: Any) -> tuple[list[str], list[str]]:
    """Names of the columns of numbers, and of the others."""
    numbers = [str(name) for name in frame.columns if is_number(frame[name])]
    return numbers, [str(name) for name in frame.columns if str(name) not in numbers]


def _texts(column: Any) -> NDArray[Any]:
    texts = np.array([str(value) for value in column], dtype=object)
    texts[column.isna().to_numpy()] = "(missing)"
    return texts


def _regression(frame: Any) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, others = _columns(frame)
    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=CATEGORIES)
    columns = [("numbers", make_pipeline(impute, StandardScaler()), numbers), ("others", one_hot, others)]
    return make_pipeline(_transformed(ColumnTransformer, columns), LogisticRegression(max_iter=200))


def _boosting(frame: Any, seed: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    numbers, others = _columns(frame)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=CATEGORIES)
    categorical = np.arange(len(numbers) + len(others)) >= len(numbers)
    columns = [("numbers", "passthrough", numbers), ("others", codes, others)]
    trees = HistGradientBoostingClassifier(
        max_iter=30,
        max_leaf_nodes=8,
        learning_rate=0.15,
        # Each split sees half of the columns, which is where the seed comes in.
        max_features=0.5,
        early_stopping=False,
        categorical_features=categorical,
        random_state=seed,
    )
    return make_pipeline(_transformed(ColumnTransformer, columns), trees)


def _transformed(transformer: Any, columns: Sequence[tuple[str, Any, list[str]]]) -> Any:
    return transformer([each for each in columns if each[2]])
