"""`diabetes`: a real table of patients that comes with scikit-learn."""

from ...records import Records, table_attribute

COLUMNS = {
    "age": "age",
    "sex": "sex",
    "bmi": "bmi",
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
    "target": "progression",
}
"""scikit-learn's names, and ours; `log_triglycerides` is called only "possibly" so by its source."""

WHOLE = ("age", "total_cholesterol", "glucose", "progression")
"""Columns in which every value is a whole number."""

SEXES = ("sex 1", "sex 2")
"""The source gives codes 1 and 2 and does not say which is which, so neither do we."""

AGE_EDGES = (40.0, 60.0)
AGE_BANDS = ("under 40", "40 to 59", "60 and over")


def records() -> Records:
    """All 442 patients, a table of 11 columns, with the groups `sex` and `age` (bands).

    Age in years, blood pressure as an average, serum measurements as published, and disease progression after a year.

    Reference: Efron et al. 2004, Least angle regression, doi:10.1214/009053604000000067.
    """
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns=COLUMNS)
    codes = frame["sex"].to_numpy()
    frame["sex"] = [SEXES[int(code) - 1] for code in codes]
    frame = frame.astype(dict.fromkeys(WHOLE, "int64"))
    attributes = {
        "sex": table_attribute(frame, "sex", names=SEXES),
        "age": table_attribute(frame, "age", names=AGE_BANDS, edges=AGE_EDGES),
    }
    return Records("tabular", frame, attributes)
