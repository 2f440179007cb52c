"""Options that several commands share, or that belong together."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...reports.formats import FORMATS

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

PRIVACY = (
    click.option(
        "--canaries",
        type=click.Path(path_type=Path),
        metavar="KEY.json",
        help="Key of random records that were planted in the training data, see `canaries make`.",
    ),
)

DATA = (
    click.option(
        "--unit",
        metavar="NAME",
        help="Column or attribute of the data that several records share: a patient, a writer, a prompt.",
    ),
    click.option(
        "--types", type=click.Path(path_type=Path), metavar="FILE.yaml", help="What the columns of the tables are."
    ),
    click.option("--population", is_flag=True, help="The reference is all there is, rather than a sample of it."),
    NOT_TRAINING,
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
        metavar="CHECKPOINT",
        help="The model that an adapter (LoRA) changes; else one to compare membership with.",
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


BESIDE = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File to write, with --format or --template the folder.  [default: beside RECORD]",
)

TEMPLATE = click.option(
    "--template",
    "templates",
    multiple=True,
    type=click.Choice(["annex-iv", "annex-xi", "model-card", "ll144"]),
    help="Fill this form, as Markdown and HTML, in place of the report; repeatable.",
)

OUTPUTS = (
    click.option(
        "--card",
        type=click.Path(path_type=Path),
        metavar="FILE.yaml",
        help="What people declare of the model: its use, owner, licence, data, risks. Shown as declared, not verified.",
    ),
    click.option(
        "--format",
        "formats",
        multiple=True,
        type=click.Choice(list(FORMATS)),
        help="Write this format, too; repeatable.  [always: junit, markdown]",
    ),
)


def of_outputs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say what is declared of a model, and in which formats results are written."""
    return _with(OUTPUTS, command)


def of_fairness(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say what happens to people, and what tells and probes their groups."""
    return _with(FAIRNESS, command)


def of_privacy(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say what the model must not know by heart."""
    return _with(PRIVACY, command)


def of_data(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say what the real data are."""
    return _with(DATA, command)


def of_opening(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say how a checkpoint is opened."""
    return _with(OPENING, command)


def _with(options: tuple[Callable[..., Any], ...], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


SHOW_REAL = click.option(
    "--show-real", is_flag=True, help="Show real records in the report also where they are texts or rows."
)


def rendering(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of how a report is rendered: as `showing`, `full` and `pdf`."""
    options = (
        click.option(
            "--show-real",
            "showing",
            flag_value="real",
            help="Show real records also where they are texts or rows.  [default: withhold them]",
        ),
        click.option(
            "--redact", "showing", flag_value="nothing", help="Show no record at all; digests take their places."
        ),
        click.option("--full", is_flag=True, help="Print the appendix and all folded parts, too."),
        click.option("--pdf", is_flag=True, help="Print to report.pdf by an installed Chromium."),
    )

    @functools.wraps(command)
    def with_default(*args: Any, showing: str | None, **given: Any) -> Any:
        return command(*args, showing=showing or "generated", **given)

    for option in reversed(options):
        with_default = option(with_default)
    return with_default
