"""What is true of each estimate of GA406 in every run."""

from ...finding import Better, EstimateFacts

REPRODUCED = EstimateFacts(
    "identifiers_reproduced",
    "share of generated records that repeat an identifier of the training data",
    "share",
    Better.LOWER,
    "The share of generated records with an identifier (of a column, or of a form of its own) that stands in the "
    "training data and not among held-out records.",
    rests_on=("generated",),
)
EXCESS = EstimateFacts(
    "identifiers_excess",
    "share of generated records that repeat an identifier of one training record, beyond chance",
    "share difference",
    Better.LOWER,
    "The share of generated records with an identifier that one training record alone has, less the share that would "
    "have one by chance, as identifiers of held-out records show.",
)
NAMES = EstimateFacts(
    "names_excess",
    "share of generated records that repeat a name of one training record, beyond chance",
    "share difference",
    Better.LOWER,
    "The same of two to four capitalised words in a row: names of people, but of places and works as well.",
)
PEOPLE = EstimateFacts(
    "people_named",
    "share of generated records that repeat a person's name of the training data",
    "share",
    Better.LOWER,
    "The share of generated records that repeat the name of a person in the training data, corrected for names that "
    "were missed and for places and works that were taken for names, as counted on records that somebody read.",
    rests_on=("generated",),
)
ESTIMATES = (REPRODUCED, EXCESS, NAMES, PEOPLE)
