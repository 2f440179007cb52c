"""Options that several commands share, or that belong together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

POLICY = click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rules in YAML, or the name of a shipped policy, e.g. text.  [default: default]",
)
NOT_TRAINING = click.option("--not-training", is_flag=True, help="The reference is not what the model was trained on.")
EXIT_ZERO = click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever the verdict (errors still count).")


def judge_of_groups(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that name what tells groups of pictures by words."""
    path = click.Path(path_type=Path)
    model = click.option(
        "--group-clip", type=path, metavar="FOLDER", help="A CLIP-like model that tells groups of pictures by words."
    )
    words = click.option("--group-prompts", type=path, metavar="FILE.yaml", help="These words: prompts of each group.")
    return model(words(command))


FAIRNESS = (
    click.option(
        "--outcome",
        "outcomes",
        multiple=True,
        metavar="NAME",
        help="Column or attribute that says what happens to a person (income, approval); repeatable.",
    ),
    click.option(
        "--labels",
        type=click.Path(path_type=Path),
        metavar="FILE.csv",
        help="Groups that people saw in some of the generated samples.",
    ),
    click.option(
        "--group-classifier",
        metavar="FILE.py:FUNCTION",
        help="Your code that tells the groups of records apart. It runs on this machine.",
    ),
    click.option(
        "--classifier-validation", metavar="DATA", help="Labelled real records that your group classifier never saw."
    ),
    click.option(
        "--probes",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Sentences or prompts that a language model is probed with; repeatable.  [default: our own set]",
    ),
)

OPENING = (
    click.option(
        "--loader", metavar="FILE.py:FUNCTION", help="Your code that builds the model. It runs on this machine."
    ),
    click.option("--trust", is_flag=True, help="Open formats that can run the file's own code, e.g. TorchScript."),
    click.option(
        "--prompts",
        type=click.Path(path_type=Path),
        metavar="FILE.txt",
        help="What a language model goes on from, or an image model is asked for.",
    ),
    click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Steps a diffusion model takes an image."),
    click.option(
        "--base-model",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="The model that an adapter (LoRA) changes.",
    ),
    click.option("--tokens", is_flag=True, help="Audit a language model without a tokenizer on token ids."),
    click.option(
        "--no-safety-checker",
        "safety_checker",
        flag_value=False,
        default=True,
        help="Leave out a pipeline's own checker.",
    ),
)


def of_fairness(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say what happens to people, and what tells and probes their groups."""
    return _with(FAIRNESS, command)


def of_opening(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say how a checkpoint is opened."""
    return _with(OPENING, command)


def _with(options: tuple[Callable[..., Any], ...], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command
