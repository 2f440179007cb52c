"""The words of the report that need an explanation, and links to it where they first appear in a part."""

import re

from markupsafe import Markup, escape

TERMS: dict[str, tuple[str, str]] = {
    "bound": (
        "Bound",
        "What a rule of the policy asks of an estimate. PASS: the whole interval meets it. FAIL: none of the "
        "interval does, clearly enough for all rules together. INCONCLUSIVE: the interval lies on both sides,"
        " or nothing could be measured.",
    ),
    "complete-count": (
        "Complete count",
        "Everything there is was counted, so that nothing is uncertain and there is no interval.",
    ),
    "declared": (
        "Declared",
        "Said by the people who made the model, or read from its files. Nobody checked it.",
    ),
    "departure": (
        "Departure",
        "A difference from a perfect generator that chance does not explain. It is no failure unless a rule says so.",
    ),
    "group": (
        "Group",
        "Records of one kind, such as a digit or people of one sex. Where it does not stand in the record, a "
        "classifier fitted on labelled real records tells it; how often that errs is measured and taken into "
        "account.",
    ),
    "interval": (
        "Interval",
        "The values that agree with the data. Of all 95 % intervals made in this way, 95 % hold the true "
        "value. Everywhere in this report intervals have the policy’s level of confidence; where several "
        "rules are judged together, a failure must hold at a higher level, which record.json gives.",
    ),
    "latent": (
        "Latent dimension",
        "One of the numbers from which a model makes a record.",
    ),
    "n": (
        "n",
        "How many independent units stand behind a number. It is smaller than the number of samples where "
        "fewer were compared, or where real records limit it.",
    ),
    "not-applicable": (
        "Not applicable",
        "The question does not arise for this model or these data. It says nothing for or against the model.",
    ),
    "perfect-generator": (
        "Perfect generator",
        "One that draws afresh from the distribution behind the reference. It does not score 1 everywhere, as"
        " it too has finite samples; the grey band holds 95 % of its runs with as many samples.",
    ),
    "reach": (
        "Recall, coverage",
        "How far the real data are reached: the share of real records inside generated neighbourhoods, and "
        "the share of real neighbourhoods that hold a generated record.",
    ),
    "realism": (
        "Precision, density",
        "How far generated records lie where real ones lie: the share inside the real neighbourhoods, and in "
        "how many of them on average.",
    ),
    "reference": (
        "Reference, holdout",
        "Real records that the model should resemble; real records that it never saw.",
    ),
    "sha-256": (
        "SHA-256",
        "A digest that changes if one bit of a file changes: it says exactly which file was audited.",
    ),
    "smallest": (
        "Smallest detectable",
        "The smallest departure from a perfect generator that this audit would have shown, at the 5 % level "
        "with power 80 %.",
    ),
    "waiver": (
        "Waiver",
        "A named person’s decision to live with a rule that is not met, until a date.",
    ),
}
"""By the end of its address: the word, and what it means."""

_LINKED = {
    r"perfect generator": "perfect-generator",
    r"interval": "interval",
    r"complete count": "complete-count",
    r"latent": "latent",
    r"waived": "waiver",
    r"recall|coverage": "reach",
    r"precision|density": "realism",
}
"""Words in running text that lead to the glossary, as patterns."""


def linked(text: str) -> Markup:
    """The text, escaped, with the first mention of each word of the glossary as a link."""
    escaped = str(escape(text))
    for pattern, name in _LINKED.items():
        escaped = re.sub(
            rf"\b({pattern})\b(?![^<]*</a>)",
            rf'<a class="term" href="#term-{name}">\1</a>',
            escaped,
            count=1,
            flags=re.IGNORECASE,
        )
    return Markup(escaped)
