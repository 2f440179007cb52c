"""The audit from Python: the same as the command line, also of models and data in memory, returning the record."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.adapters.libraries import kept_quiet
from ..models.data.column_types import Types, read_types
from ..models.errors import UserError
from ..reports.record import Record
from . import arguments
from .commands.outputs import REPORT, check_out, write
from .folder.lock import alone
from .over_time.opened import opened
from .policy import PolicyError
from .request import Request
from .run import audit

if TYPE_CHECKING:
    from ..models.data.datasets import Dataset


UNSET = {"loader": None, "prompts": None, "steps": None, "base_model": None, "tokens": False, "safety_checker": True}
"""What says how a checkpoint is opened, and its value where nothing is said."""


def audit_checkpoint(
    checkpoint: Any,
    *,
    reference: Any = None,
    holdout: Any = None,
    groups: str | Iterable[str] = (),
    outcome: str | Iterable[str] = (),
    labels: str | Path | None = None,
    group_classifier: Any = None,
    classifier_validation: Any = None,
    probes: Any = (),
    canaries: str | Path | None = None,
    unit: str | None = None,
    types: str | Path | None = None,
    population: bool = False,
    not_training: bool = False,
    loader: str | None = None,
    trust: bool = False,
    prompts: str | Path | None = None,
    steps: int | None = None,
    base_model: str | Path | None = None,
    tokens: bool = False,
    safety_checker: bool = True,
    encoder: Any = (),
    group_clip: str | Path | None = None,
    group_prompts: str | Path | None = None,
    policy: str | Path | None = None,
    samples: int | None = None,
    budget: float | str | None = None,
    looks: bool | None = None,
    resume: bool = False,
    seed: int = 0,
    device: str = "cpu",
    only: str | Iterable[str] = (),
    lock: str | Path | None = None,
    out: str | Path | None = None,
    card: str | Path | None = None,
    formats: str | Iterable[str] = (),
    show_real: bool = False,
    against: str | Path | None = None,
) -> Record:
    """Audit a checkpoint and return the record; with `out`, also write the report and its companions there.

    Data in memory are images (n, c, h, w), (n, h, w, c) or (n, h, w) and sound (n, t) as arrays or tensors, texts as a
    list of str, music as a list of lists of MIDI pitches, or a `DataFrame`; with labels, `(data, labels)` or
    `{"x": data, "y": labels}`.

    Args:
        checkpoint: a file, a folder, `reference:NAME`, or generated samples in a data format; or in memory: a model
            (any object with `modality` and `sample(n, *, generator, condition=None)`) or generated samples.
        reference: real data the model should resemble, by name, path or in memory; by default what the checkpoint
            names.
        holdout: real data the model never saw, likewise.
        groups: attributes or columns of the reference that tell groups apart, one name or several; by default those
            that the data declare.
        outcome: columns or attributes that say what happens to a person (income, approval), one name or several.
        labels: a CSV file of groups that people saw in some of the generated samples, with columns `sample` (its
            number from 0) and one named as each attribute.
        group_classifier: what tells the groups of records apart: `FILE.py:FUNCTION`, or in memory a function from
            records to names of groups.
        classifier_validation: labelled real records that the group classifier never saw, by name, path or in memory.
        probes: files of sentences or prompts that a language model is probed with, one or several; by default our own
            set.
        canaries: the key file of random records that were planted in the training data (`genai-audit canaries make`).
        unit: column or attribute of the data that says which records belong together (a patient, a writer, a prompt);
            one record of each is then looked at.
        types: a YAML file of what the columns of tables are, as `genai-audit init types` writes it.
        population: the reference is the whole population, so that the shares of its groups are exact; otherwise it is a
            sample, whose own error widens what is compared with it.
        not_training: the reference is not what the model was trained on, so nothing is asked of memorised or copied
            records; otherwise it is taken to be that.
        loader: `FILE.py:FUNCTION` that builds the model; runs that file's code.
        trust: open formats that can run the file's own code.
        prompts: a text file, a prompt a line, that a language model goes on from or an image model is asked with.
        steps: how many steps a diffusion model takes an image; by default what is usual for its kind.
        base_model: the folder of the model that an adapter (LoRA) changes; for any other checkpoint, another model
            that membership scores are compared with, trained on none, or on both, of reference and holdout.
        tokens: audit a language model without a tokenizer on token ids, with blanks between them.
        safety_checker: leave a pipeline's own checker on, which blackens pictures that it takes for unsafe.
        encoder: what turns records into features, one or several, the main one first: a name that `genai-audit list
            encoders` shows, a folder that `transformers` saved, an ONNX file, `FILE.py:FUNCTION`, or in memory a
            function from records to an array (n, d), or an object with such an `encode`; by default what is built in.
        group_clip: the folder of a CLIP-like model that tells groups of pictures by descriptions in words.
        group_prompts: a YAML file of these, `{attribute: {group: [prompt, …]}}`.
        policy: a YAML file; the shipped default otherwise.
        samples: how many samples to draw at most; by default 20,000, or what the model suggests.
        budget: time for drawing them, in seconds or as `"10m"`; by default 8 minutes.
        looks: judge while drawing, and stop when every rule is decided; by default where the model is slow.
        resume: go on with the samples that an interrupted audit of this model kept.
        seed: of every random number of the audit.
        device: `cpu` or `cuda`; a model in memory stays where it is unless this names another place.
        only: codes of the auditors to run, one or several; the others are listed as left out.
        lock: a file that `genai-audit policy lock` wrote before the audit; the record says whether it was kept.
        out: folder to write.
        card: a YAML file of what people declare of the model; shown as declared, not verified.
        formats: what `genai-audit run --format` takes, one or several, to be written to `out`.
        show_real: show real records in the report also where they are texts or rows, which may be about people.
        against: the earlier audit that the report compares with, its record or folder; by default the one in `out`.

    Raises:
        UserError: if an argument or an input cannot be used, or the model's own code fails.
        PolicyError: if the policy cannot be used.
    """
    try:
        folder = arguments.path(out, "out", "a folder to write")
        types, declared = _types(types)
        request = Request(
            checkpoint=subject_of(checkpoint),
            reference=data_of(reference, "reference", checkpoint, declared),
            holdout=data_of(holdout, "holdout", checkpoint, declared),
            groups=arguments.names(groups, "groups"),
            outcomes=arguments.names(outcome, "outcome"),
            labels=arguments.path(labels, "labels", "a CSV file"),
            group_classifier=arguments.function(group_classifier, "group_classifier"),
            classifier_validation=data_of(classifier_validation, "classifier_validation", checkpoint, declared),
            probes=arguments.paths(probes, "probes", "a file of probes"),
            canaries=arguments.path(canaries, "canaries", "a key file"),
            unit=None if unit is None else arguments.text(unit, "unit", "patient"),
            types=types,
            population=arguments.truth(population, "population"),
            not_training=arguments.truth(not_training, "not_training"),
            loader=None if loader is None else arguments.text(loader, "loader", "loader.py:load"),
            trust=arguments.truth(trust, "trust"),
            prompts=arguments.path(prompts, "prompts", "a text file"),
            steps=None if steps is None else arguments.whole(steps, "steps", 1),
            base_model=arguments.path(base_model, "base_model", "a model's file or folder"),
            tokens=arguments.truth(tokens, "tokens"),
            safety_checker=arguments.truth(safety_checker, "safety_checker"),
            encoders=arguments.encoders(encoder, "encoder"),
            group_clip=arguments.path(group_clip, "group_clip", "a model's folder"),
            group_prompts=arguments.path(group_prompts, "group_prompts", "a YAML file"),
            policy=arguments.path(policy, "policy", "a YAML file"),
            samples=None if samples is None else arguments.whole(samples, "samples", 1),
            budget=arguments.duration(budget, "budget"),
            looks=None if looks is None else arguments.truth(looks, "looks"),
            resume=arguments.truth(resume, "resume"),
            seed=arguments.whole(seed, "seed", 0),
            device=arguments.text(device, "device", "cpu"),
            only=arguments.names(only, "only"),
            card=arguments.path(card, "card", "a card in YAML"),
            lock=arguments.path(lock, "lock", "a lock's file"),
        )
        earlier = arguments.path(against, "against", "the record or folder of an audit")
        return _audited(request, folder, arguments.formats(formats), arguments.truth(show_real, "show_real"), earlier)
    except (UserError, PolicyError) as error:
        raise type(error)(arguments.in_python(str(error))) from error.__cause__


def _audited(
    request: Request, folder: Path | None, formats: tuple[str, ...], show_real: bool, against: Path | None
) -> Record:
    if against is not None:
        opened(against)
    if folder is not None:
        folder = check_out(folder)
    request, mode = settled(request)
    with nullcontext() if folder is None else alone(folder):
        with mode, kept_quiet():
            record, evidence = audit(request)
        if folder is not None:
            record = write(folder, record, evidence, formats, show_real=show_real, against=against)
            record.written_to(folder.resolve() / REPORT)
    return record


def settled(request: Request) -> tuple[Request, AbstractContextManager[None]]:
    """For a model in memory, the device that it is on, and evaluation mode while it is audited."""
    from ..models.adapters.given import device_of, in_evaluation
    from ..models.data.datasets import Dataset

    given = request.checkpoint
    if isinstance(given, str | Dataset):
        return request, nullcontext()
    for name, unset in UNSET.items():
        if getattr(request, name) != unset:
            raise UserError(f"{name}: expected none beside a model in memory, which is audited as it is; leave it out")
    device = request.device if request.device != "cpu" else device_of(given) or "cpu"
    return replace(request, device=device), in_evaluation(given)


def _types(given: str | Path | None) -> tuple[Path | None, Types | None]:
    """The file of types, and what it declares."""
    path = arguments.path(given, "types", "a YAML file")
    return path, None if path is None else read_types(path)


def subject_of(checkpoint: Any) -> "str | Dataset | Any":
    """What is audited, as a request holds it: a path or name, samples in memory, or a model."""
    from ..models.data.in_memory import data_in_memory, is_data_in_memory

    if isinstance(checkpoint, str | Path):
        return str(checkpoint)
    if is_data_in_memory(checkpoint):
        samples = data_in_memory(checkpoint, "checkpoint", generated=True)
        return replace(samples, name="generated", source="generated data in memory")
    if checkpoint is None or isinstance(checkpoint, bool | int | float | bytes | type):
        raise UserError(
            f"checkpoint: expected a path, a name, a model or samples, got {type(checkpoint).__name__}"
            f"{'; give an object of it' if isinstance(checkpoint, type) else ''}"
        )
    return checkpoint


def data_of(given: Any, parameter: str, checkpoint: Any, types: Types | None) -> "str | Dataset | None":
    """Real data as a request holds them: a path or name, or what is in memory, read as the checkpoint's modality."""
    from ..models.data.in_memory import data_in_memory

    if given is None:
        return None
    if isinstance(given, str | Path):
        return str(given)
    modality, rate = (getattr(checkpoint, name, None) for name in ("modality", "sample_rate"))
    return data_in_memory(given, parameter, modality=modality, sample_rate=rate, types=types)
