"""Records and evidence made by hand whose samples are read rather than seen: texts, and rows of a table."""

import numpy as np
import pandas as pd

from genai_audit.audit.evidence.bundle import Evidence, Features, Generated, Real
from genai_audit.audit.finding import Better, Exhibit, Finding, Outcome, Perfect, Pictures
from genai_audit.reports.record import Record
from unit.reports import example


def read(modality: str) -> tuple[Record, Evidence]:
    """A report of records that are read, texts or the rows of a table: excerpts, the diagnosis and the map."""
    texts = [f"record {index} of <b>the south</b>, and\nits second line " + "long " * index for index in range(40)]
    table = pd.DataFrame({"age": range(40), "place of residence": texts, "wage": [0.5, None] * 20})
    samples = texts if modality == "text" else table
    rng = np.random.default_rng(0)
    points = [rng.normal(size=(40, 6)) for _ in range(2)]
    item = Evidence(
        modality,
        Generated(samples, 0, "model"),
        reference=Real(samples, 40, "real", "real", example.DIGEST),
        features=Features(points[0], points[1], np.empty((0, 6)), "made up"),
    )
    ratio = example.estimate(
        "spread_ratio", 0.8, 0.01, better=Better.NEITHER, perfect=Perfect(1.0, 0.98, 1.02), p_value=1e-6
    )
    sets = (Pictures("real", "reference", tuple(range(12))), Pictures("generated", "generated", (3, 1)))
    spread = Finding(
        "GA305",
        "Spread within modes",
        "As varied?",
        Outcome.MEASURED,
        estimates=(ratio,),
        exhibits=(Exhibit("mode", "The mode that shrank most", "grid", sets),),
    )
    return example.record((example.neighbours(), spread)), item
