"""What is wrong with how the files and parts of a checkpoint fit together, told from names and digests alone."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import PurePosixPath

from .weight_facts import TensorFacts

ROLES: Mapping[str, frozenset[str]] = {
    "generator": frozenset(("generator", "gen", "netg", "g")),
    "discriminator": frozenset(("discriminator", "disc", "netd", "critic", "d")),
    "encoder": frozenset(("encoder", "enc")),
    "decoder": frozenset(("decoder", "dec")),
}
"""The parts of a model, by the words that name them in files, folders and tensors."""

LATENT = frozenset(("z", "mu", "mean", "latent", "var", "variance", "logvar", "std", "logstd", "sigma", "quant"))
"""Words that name the layers which give a latent; beside an encoder they belong to it."""

SNAPSHOT = re.compile(r"(checkpoint|epoch|step|iter)[a-z]*[-_=]?\d+", re.IGNORECASE)
"""Folders of the successive states of one training, whose weights differ on purpose."""

SHARD = re.compile(r"[-_]\d{5}[-_]of[-_]\d{5}")
"""In the names of files that hold one set of weights in parts."""

LEAST = 64
"""Numbers that must be equal before it can be no coincidence."""

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor's facts under its own name.

    Args:
        file: its file's path inside the checkpoint, empty where it has none.
        facts: under the name that it has there.
        tied: whether it is the same memory as a tensor before it, on purpose or not.
    """

    file: str
    facts: TensorFacts
    tied: bool = False

    @property
    def roles(self) -> frozenset[str]:
        """The parts of the model that it belongs to, as far as names tell."""
        *folders, name = PurePosixPath(self.file).parts or ("",)
        first, *inner = self.facts.name.split(".")
        words = {
            *_words(first),
            *_words(PurePosixPath(name).stem),
            *(word for each in folders for word in _words(each)),
        }
        # A single letter stands for a part only at the top; deeper down it is any variable.
        words |= {each.lower() for each in inner if len(each) > 1}
        return frozenset(role for role, names in ROLES.items() if words & names)

    @property
    def whole(self) -> str:
        """The file's path without the number of a part, so that all parts of one set of weights have the same."""
        return SHARD.sub("", self.file)

    def named(self, *, prefixed: bool) -> TensorFacts:
        """The facts, with the file's path before the tensor's name if that is wanted."""
        return replace(self.facts, name=f"{self.file}: {self.facts.name}") if prefixed and self.file else self.facts


def parts_of(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The parts of the model that there are, in the order of `ROLES`."""
    present = frozenset[str]().union(*(entry.roles for entry in entries))
    return tuple(role for role in ROLES if role in present)


def remarks(entries: Sequence[Entry], files: Sequence[str]) -> tuple[str, ...]:
    """One sentence for each contradiction: what was found where, and what to do.

    Args:
        entries: the tensors of all files, or of a model without files.
        files: paths of all files inside the checkpoint.
    """
    return (
        *_discriminator_is_generator(entries),
        *_encoder_alone(entries),
        *_one_name_twice(entries, files),
        *_repeated_layers(entries),
    )


def _discriminator_is_generator(entries: Sequence[Entry]) -> Iterator[str]:
    generator = [each for each in entries if "generator" in each.roles]
    digests = {each.facts.sha256 for each in generator}
    critic = [each for each in entries if "discriminator" in each.roles and "generator" not in each.roles]
    telling = [each.facts for each in critic if each.facts.low != each.facts.high]
    if sum(each.count for each in telling) >= LEAST and all(each.sha256 in digests for each in telling):
        files = {each.file for each in critic}.isdisjoint(each.file for each in generator)
        yield (
            f"The discriminator ({_place(critic, files=files)}) holds the same weights as the generator "
            f"({_place(generator, files=files)}): one was saved over the other; save both again."
        )


def _encoder_alone(entries: Sequence[Entry]) -> Iterator[str]:
    parts = parts_of(entries)
    if "encoder" not in parts or {"decoder", "generator"} & set(parts):
        return
    if all("encoder" in each.roles or _gives_latent(each) for each in entries):
        where = _place(entries, files=bool(entries[0].file))
        yield (
            f"There is an encoder ({where}) but no decoder or generator: what makes the samples is not in this "
            f"checkpoint; save the whole model, or name the folder that holds both."
        )


def _gives_latent(entry: Entry) -> bool:
    return any(LATENT & set(_words(each)) for each in entry.facts.name.split("."))


def _one_name_twice(entries: Sequence[Entry], files: Sequence[str]) -> Iterator[str]:
    by_file: dict[str, dict[str, TensorFacts]] = defaultdict(dict)
    for entry in entries:
        if entry.file:
            by_file[entry.whole][entry.facts.name] = entry.facts
    # A pipeline of diffusers declares its parts, of which two may be built alike.
    components = "model_index.json" in files
    for (one, first), (other, second) in combinations(by_file.items(), 2):
        paths = PurePosixPath(one), PurePosixPath(other)
        if _stem(paths[0]) != _stem(paths[1]):
            continue
        if paths[0].parent != paths[1].parent and (components or not _twins(paths, first, second)):
            continue
        different = [name for name in first if name in second and _differ(first[name], second[name])]
        if different:
            yield (
                f"{one} and {other} are of one name but hold different weights ({_some(different)}): which of them is "
                f"loaded depends on the reader; keep the one that is meant."
            )


def _stem(path: PurePosixPath) -> str:
    """A file's name without its type and the library's name, as in model.safetensors and pytorch_model.bin."""
    return path.stem.lower().removeprefix("pytorch_")


def _twins(
    paths: tuple[PurePosixPath, PurePosixPath], first: Mapping[str, TensorFacts], second: Mapping[str, TensorFacts]
) -> bool:
    """Whether files in two folders are of one architecture, and the folders are not states of one training."""
    snapshots = any(SNAPSHOT.search(part) for path in paths for part in path.parts[:-1])
    shapes = [{name: each.shape for name, each in side.items()} for side in (first, second)]
    return not snapshots and shapes[0] == shapes[1]


def _differ(one: TensorFacts, other: TensorFacts) -> bool:
    if one.shape != other.shape:
        return True
    if one.dtype == other.dtype:
        return one.sha256 != other.sha256
    # Another number type rounds, and moves neither mean nor deviation by much.
    far = 0.01 * max(one.deviation, abs(one.mean))
    return abs(one.mean - other.mean) > far or abs(one.deviation - other.deviation) > far


def _repeated_layers(entries: Sequence[Entry]) -> Iterator[str]:
    layers: dict[tuple[str, str], dict[str, list[tuple[str, TensorFacts]]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        words = entry.facts.name.split(".")
        for place, word in enumerate(words):
            if word.isdecimal() and not entry.tied:
                before = ".".join(words[:place])
                layers[entry.whole, before][word].append((".".join(words[place + 1 :]), entry.facts))
    for (file, before), numbered in layers.items():
        alike: dict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
        for number, tensors in numbered.items():
            if sum(each.count for _, each in tensors if each.low != each.high) >= LEAST:
                alike[tuple(sorted((name, each.sha256) for name, each in tensors))].append(number)
        for same in alike.values():
            if len(same) > 1:
                where = f"{file}: {before}" if file else before
                yield (
                    f"Layers {', '.join(same)} of {where} hold the same weights: they were copied rather than trained; "
                    f"train them, or waive this with a reason if they are shared on purpose."
                )


def _words(text: str) -> list[str]:
    # A digest in a name, such as `vae-6b8d978e`, is no word: its letters would name parts that are not there.
    plain = re.sub(r"(?<![0-9a-z])(?=[0-9a-f]*\d)[0-9a-f]{6,}(?![0-9a-z])", " ", text.lower())
    return [word for word in re.split(r"[^a-z]+", plain) if word]


def _place(entries: Sequence[Entry], *, files: bool) -> str:
    """The files that tensors lie in, or how their names begin."""
    return _some(sorted({each.file if files else f"{each.facts.name.split('.')[0]}.*" for each in entries}))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
