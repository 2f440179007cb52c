"""Evidence with something of every kind in it."""

import numpy as np

from genai_audit.audit.evidence.attributions.kind import Attributions
from genai_audit.audit.evidence.bundle import (
    Crossed,
    Evidence,
    Features,
    Generated,
    Groups,
    Outcomes,
    Real,
)
from genai_audit.audit.evidence.conditioned.kind import Conditioned
from genai_audit.audit.evidence.conditioning.kind import Conditioning
from genai_audit.audit.evidence.contexts.kind import Contexts, ContextSet
from genai_audit.audit.evidence.criticised.kind import Criticised, Scrutinised
from genai_audit.audit.evidence.downstream.kind import Downstream
from genai_audit.audit.evidence.encoded.kind import Encoded
from genai_audit.audit.evidence.hand_labels.kind import HandLabels
from genai_audit.audit.evidence.judged.kind import Judged
from genai_audit.audit.evidence.latents.kind import Latents
from genai_audit.audit.evidence.likelihoods.kind import Likelihoods, Reconstructions, Scored
from genai_audit.audit.evidence.probes.kinds import Continuations, Contrast, ProbeScores
from genai_audit.audit.evidence.regions.layout import picture_regions
from genai_audit.audit.evidence.reliance.kind import MATCHED, ColumnReliance, ColumnRows, PromptReliance, Reliance
from genai_audit.models.checkpoints.weight_facts import TensorFacts, WeightFacts
from genai_audit.models.encoders.encoder import EncoderFacts
from genai_audit.models.records import Attribute
from unit.audit.evidence.every_privacy_kind import privacy


def real(name: str) -> Real:
    rng = np.random.default_rng(2)
    return Real(
        samples=rng.random((5, 1, 4, 4), dtype=np.float32),
        total=50,
        name=name,
        source="made up",
        sha256="ab" * 32,
    )


def column_rows(n: int) -> ColumnRows:
    rng = np.random.default_rng(n)
    columns = [rng.random((n, 2)) for _ in range(3)]
    return ColumnRows(np.ones(n), np.arange(n) % 2, *columns, permuted=rng.random(2), fit=(0.5, -0.25))


ENCODER = EncoderFacts("norms", "1", "ab", "not stated", "directions")


def scrutinised(rng: np.random.Generator, n: int) -> Scrutinised:
    return Scrutinised(
        np.arange(n), np.arange(n) % 2, rng.random(n), rng.random((n, 16)), rng.random((2, 16)), np.array([0, 1])
    )


def some_contexts(rng: np.random.Generator) -> ContextSet:
    return ContextSet(
        rows=np.array([3, 1]),
        lengths=np.array([5, 4]),
        tokens=np.array([[0, 7, 7, 7, 7], [-1, 0, 7, 7, 7]]),
        targets=np.array([7, 7]),
        nats=-rng.random(2),
        attributions=rng.standard_normal((2, 2, 5)),
        effects=rng.standard_normal((2, 2)),
    )


def full() -> Evidence:
    rng = np.random.default_rng(1)
    return Evidence(
        modality="image",
        generated=Generated(rng.random((6, 1, 4, 4), dtype=np.float32), seed=3, source="model", seconds=0.25),
        reference=real("reference"),
        holdout=real("holdout"),
        features=Features(rng.random((6, 2)), rng.random((5, 2)), np.zeros((0, 2)), "pixels"),
        other_features=(Features(rng.random((6, 1)), rng.random((5, 1)), np.zeros((0, 1)), "norms", ENCODER),),
        judged=(
            Judged(
                "light",
                ("dark", "bright"),
                "zero-shot by clip",
                rng.integers(-1, 2, 7),
                rng.integers(0, 2, 5),
                np.empty(0, dtype=np.int64),
                rng.random(7).astype(np.float32),
            ),
        ),
        groups=(
            Groups(
                names=("cat", "<b>dog</b>\n"),
                predicted=np.array([0, 1, 1, 0, 0, 1]),
                confusion=np.array([[2, 0], [1, 2]]),
                reference_counts=np.array([2, 3]),
                classifier="a rule",
                parameters={"weights": np.array([[0.1, -0.0], [np.nan, 1e300]]), "layer.bias": np.array(0.5)},
                reference=np.array([0, 1, 1, 0, 1]),
                out_of_fold=np.array([0, 1, -1, 0, 0]),
            ),
        ),
        crossed=Crossed(("animal", "sex"), cells=np.array([[0, 1], [1, 1]]), counts=np.array([3, 40])),
        outcomes=(
            Outcomes(
                levels=Groups(
                    names=("below 3", "3 and above"),
                    predicted=np.array([0, 1, 1, 0, 0, 1]),
                    confusion=np.zeros((2, 2), dtype=np.int64),
                    reference_counts=np.array([2, 3]),
                    classifier="declared",
                    parameters={},
                    reference=np.array([0, 1, 1, 0, 1]),
                    attribute="weight",
                ),
                edges=(3.0,),
                crossed=Crossed(("animal", "weight"), cells=np.array([[0, 1], [1, 0]]), counts=np.array([2, 3])),
            ),
        ),
        hand_labels=(
            HandLabels(
                "light", ("dark", "bright"), np.array([0, 4]), np.array([1, 0]), np.array([3, 2]), "l.csv", "cd", 3
            ),
        ),
        downstream=(
            Downstream(
                outcome="income",
                levels=("low", "high"),
                truth=np.array([0, 1, 1]),
                attributes=("sex", "race"),
                groups=(("f", "m"), ("a", "b", "c")),
                members=np.array([[0, 1, -1], [2, 0, 1]]),
                learners=("linear", "trees"),
                generated=(np.zeros((5, 1, 3), np.int8), np.ones((5, 3, 3), np.int8)),
                real=(np.ones((5, 1, 3), np.int8), np.zeros((5, 3, 3), np.int8)),
                size=50,
                tested_on="the holdout",
            ),
        ),
        attributions=Attributions(
            readouts=("ink",),
            latents=np.ones((2, 3), np.float32),
            baselines=np.zeros((2, 3), np.float32),
            attributions=rng.random((1, 2, 3)),
            differences=rng.random((1, 2)),
            completeness_error=rng.random((1, 2)),
            tolerance=np.array([0.1]),
            steps=np.array([16]),
            maps=np.ones((3, 1, 4, 4), np.float32),
            null_maps=np.ones((2, 1, 4, 4), np.float32)[:, :, ::-1],
            sample=np.ones((1, 1, 4, 4), np.float32),
            missed=rng.random((1, 2)),
            told=np.array([[0, 1, 0, 1, 1], [1, 1, 1, 0, 1]]),
            traversed=np.array([2]),
            traversals=np.ones((5, 1, 4, 4), np.float32),
        ),
        latents=Latents(
            draws=np.ones((4, 2), np.float32),
            gap=np.array([0, 1, np.inf, 2], np.float32),
            partner=np.array([1, 0, -1, 2]),
            block=2,
            region=np.array([0, 0, -1, -1]),
            speed=np.ones(4, np.float32),
            reference_gap=np.empty(0, np.float32),
            points=np.arange(2),
            singular_values=np.full((2, 2), 1 / 3),
            column_norms=np.ones((2, 2), np.float32),
            resolution=1e-5,
            variance=0.1,
            reference_variance=1 / 3,
            posterior_means=np.empty((0, 2), np.float32),
            posterior_log_variances=np.empty((0, 2), np.float32),
            axes=np.eye(2, dtype=np.float32),
            plane=np.ones((4, 2), np.float32),
            maps=np.zeros((2, 1, 3, 3), np.float32),
            shown_draws=np.array([0, 1]),
            shown=np.ones((2, 1, 2, 2), np.float32),
            remarks=("none",),
        ),
        criticised=Criticised(
            regions=picture_regions(4, 4),
            baseline="the mean of <b>real</b> pictures",
            attribute="animal",
            groups=("cat", "<b>dog</b>\n"),
            generated=scrutinised(rng, 4),
            reference=scrutinised(rng, 3),
            sample=np.ones((1, 1, 4, 4), np.float32),
            remarks=("none",),
        ),
        encoded=Encoded(
            regions=picture_regions(4, 4),
            baseline="the mean",
            attribute="animal",
            groups=("cat", "<b>dog</b>\n"),
            rows=np.arange(3),
            members=np.array([0, 1, -1]),
            means=np.ones((3, 2), np.float32),
            log_variances=np.zeros((3, 2), np.float32),
            explained=np.array([0, 2]),
            attributions=rng.random((2, 16)),
            completeness_error=rng.random(2),
            tolerance=np.ones(2),
            effects=rng.random((2, 16)),
            errors=rng.random((3, 16)),
            spread=np.full(16, 1 / 16),
            sample=np.ones((1, 1, 4, 4), np.float32),
        ),
        likelihoods=Likelihoods(
            "lower_bound",
            "pixel value",
            Scored(np.array([0, 2]), np.array([-np.inf, -1 / 3]), np.array([16, 16])),
            Scored(np.array([1]), np.array([-3.0]), np.array([16])),
        ),
        reconstructions=Reconstructions(
            "pixel value",
            Scored(np.array([0]), np.array([0.1]), np.array([16])),
            Scored(np.array([1]), np.array([0.2]), np.array([16])),
            Scored(np.array([4]), np.array([0.3]), np.array([16])),
        ),
        conditioned=(
            Conditioned(
                "class",
                "class",
                ("cat", "a <i>prompt</i>"),
                np.array([0, -1]),
                ("cat", "<b>dog</b>\n"),
                np.array([0, 0, 1]),
                np.array([0, 1, 1]),
                shown=np.ones((2, 1, 2, 2), np.float32),
                shown_asked=np.array([0, 1]),
            ),
        ),
        conditioning=(
            Conditioning(
                slot="class",
                how="class",
                values=("cat", "<b>dog</b>\n"),
                available=3,
                outputs=rng.random((2, 4, 3), dtype=np.float32),
                again=rng.random((4, 3), dtype=np.float32),
                extractor="pixels",
                outcomes={"light": Attribute(("dark", "bright"), rng.integers(0, 2, 8))},
                windows=("steps 1 to 2 of 4", "steps 3 to 4 of 4"),
                steps=rng.random((5, 2)),
                shown=np.ones((4, 1, 2, 2), np.float32),
            ),
        ),
        contexts=Contexts(
            unit="token",
            baselines=("drawn", "fixed"),
            shown=1,
            draws=(4, 1),
            begins=True,
            real=some_contexts(rng),
            generated=some_contexts(rng),
            fresh=rng.standard_normal((2, 3, 2, 5)),
            gradients=rng.standard_normal((2, 5)),
            gradient_complete=np.array([True, False]),
            gradient_steps=np.array([32, 256]),
            symbols=("", "<b>\u202e"),
            symbol_ids=np.array([0, 7]),
            impossible=1,
            longest=128,
        ),
        probes=(
            ProbeScores(
                name="mine",
                source="a | b",
                sha256="ab cd",
                layout="ours",
                form="associations",
                variants=("she", "he"),
                kinds=("pronoun",),
                kind=np.array([0]),
                clusters=("a $template",),
                cluster=np.array([0]),
                subjects=("nurse",),
                subject=np.array([0]),
                direction=np.array([-1]),
                texts=(("She <b>ran</b>.", ""),),
                nats=np.array([[-1 / 3, 0.0]]),
                tokens=np.array([[4, 0]]),
                scored=np.array([[True, False]]),
                contrasts=(Contrast("she over he", {"she": 1.0, "he": -1.0}, centred=True),),
                shares={"nurse": {"she": 0.9, "he": 0.1}},
                shares_source="somebody, 2015",
                left_out={"too long": 1},
            ),
        ),
        continuations=(
            Continuations(
                name="openings",
                source="a.yaml",
                sha256="ab",
                layout="ours",
                groups=("x", "y"),
                group=np.array([0, 1]),
                clusters=("one",),
                cluster=np.array([0, 0]),
                paired=True,
                prompts=("X is", "Y is"),
                texts=(("so", "\n$"), ("", "é")),
                sentiment=np.array([[0.1, -1.0], [0.0, 1 / 3]]),
                sentiment_by="a lexicon",
            ),
        ),
        reliance=Reliance(
            prompts=(
                PromptReliance(
                    name="mine",
                    source="a.yaml",
                    sha256="ab",
                    contrast="she over he",
                    control="",
                    sides=("one", "<b>other</b>"),
                    slots=("job", "wording"),
                    baselines=("the mean",),
                    unit="wording",
                    side=np.array([0, 1]),
                    cluster=np.array([0, 0]),
                    fillers=(("nurse", "$a"), ("cook", "$a")),
                    prompts=("She is", "She was"),
                    values=rng.random((1, 4, 2)),
                    swapped=rng.random((2, 2)),
                    control_values=np.zeros((0, 0, 0)),
                    left_out={"too long": 1},
                    readout="log-odds",
                    followed=rng.random((2, 2)),
                ),
            ),
            columns=(
                ColumnReliance(
                    outcome="hired: yes",
                    attribute="sex",
                    sides=("f", "m"),
                    columns=("sex", "age"),
                    generated=column_rows(3),
                    real=column_rows(4),
                    intervention=MATCHED,
                    intervened=rng.random((2, 3)),
                ),
            ),
        ),
        **privacy(rng),
        weights=WeightFacts(
            tensors=(TensorFacts("w", (2, 3), "float16", "cuda:0", 6, 0.1, 1 / 3, -1.0, 1.0, 1, 0, "ab", "N(0, 1)"),),
            files=(("a.bin", "cd"),),
            parts=("decoder",),
            remarks=("one equals the other",),
            state_before="ef",
        ),
        absent={"probes": "the model has none"},
        unmeasured={"groups of job": "too few of each"},
        crashed={"likelihoods of others": "Traceback …\nValueError: no"},
    )
