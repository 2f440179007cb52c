"""Evidence with outcomes whose rates are known."""

import numpy as np

from genai_audit.audit.evidence.bundle import DECLARED, Crossed, Evidence, Generated, Groups, Outcomes, Real


def members(attribute, names, made, real, *, out_of_fold=None, classifier=DECLARED):
    """Groups of records; with a classifier, what it said of the real ones."""
    made, real = np.asarray(made, dtype=np.int64), np.asarray(real, dtype=np.int64)
    k = len(names)
    confusion = np.zeros((k, k), dtype=np.int64)
    more = {}
    if out_of_fold is not None:
        np.add.at(confusion, (real, out_of_fold), 1)
        more, classifier = {"out_of_fold": np.asarray(out_of_fold, dtype=np.int64)}, "a classifier"
    counts = np.bincount(real, minlength=k).astype(np.int64)
    return Groups(tuple(names), made, confusion, counts, classifier, {}, real, attribute, **more)


def evidence_of(groups, outcomes=(), *, population=False, **more):
    """Evidence with these groups, their combinations, and these outcomes."""
    size = len(groups[0].reference)
    cells, counts = np.unique(np.stack([each.reference for each in groups], axis=1), axis=0, return_counts=True)
    return Evidence(
        "tabular",
        Generated(np.zeros(len(groups[0].predicted)), 0, "made"),
        Real(np.zeros(size), size, "real", "real", "", population=population),
        groups=tuple(groups),
        crossed=Crossed(tuple(each.attribute for each in groups), cells.astype(np.int64), counts.astype(np.int64)),
        outcomes=tuple(Outcomes(each) for each in outcomes) or None,
        **more,
    )


def spread(counts):
    """Records of every cell of a table of counts, as one array an axis."""
    counts = np.asarray(counts)
    places = np.repeat(np.arange(counts.size), counts.ravel())
    return [axis.astype(np.int64) for axis in np.unravel_index(places, counts.shape)]


def rates(made, real, *, groups=("f", "m"), levels=("no", "yes"), population=False):
    """Evidence of one attribute and one outcome from counts (K, L) of generated and of real records."""
    ours, theirs = spread(made), spread(real)
    return evidence_of(
        [members("sex", groups, ours[0], theirs[0])],
        [members("hired", levels, ours[1], theirs[1])],
        population=population,
    )
