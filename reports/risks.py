"""The risks that a reviewer asks about, and which auditors bear on each; what none bears on stands here too."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Risk:
    """A kind of harm.

    Args:
        name: what it is called in a list.
        harm: what happens to whom, in a clause.
        codes: the auditors whose numbers bear on it; a beginning such as `GA4` stands for all of a theme. Empty
            where no auditor of this tool can look.
        instead: who or what looks at it where this tool cannot; empty where it can.
    """

    name: str
    harm: str
    codes: tuple[str, ...] = ()
    instead: str = ""

    def bears(self, code: str) -> bool:
        """Whether what this auditor finds says something about the risk."""
        return code.startswith(self.codes)


RISKS: tuple[Risk, ...] = (
    Risk("Unequal representation", "some groups hardly appear among what is made", ("GA101", "GA102")),
    Risk("Unequal quality", "what is made is worse for some groups than for others", ("GA103", "GA104", "GA105")),
    Risk("Outcome fairness", "what happens to people differs between groups more than in the data", ("GA105", "GA108")),
    Risk("Stereotypes", "groups are tied to roles, tones or words", ("GA106", "GA107", "GA203")),
    Risk(
        "Loss of variety",
        "the model repeats itself or leaves kinds of records out",
        tuple(f"GA3{number:02}" for number in (1, 2, 4, 5, 6, 7)),
    ),
    Risk(
        "Unreal output", "records look or depend as real ones never do", ("GA302", "GA303", "GA308", "GA309", "GA310")
    ),
    Risk("Invalid output", "records are undefined, impossible or out of range", ("GA501",)),
    Risk("Not doing what it is asked", "requests are ignored or mixed up", ("GA104", "GA205")),
    Risk("Opaque behaviour", "nobody can say what moves the output", ("GA20",)),
    Risk("Copying", "records of the training data, or of persons in them, come out again", ("GA4",)),
    Risk("Wrong or damaged model", "the files are not those of a trained, unchanged model", ("GA6",)),
    Risk("Dependent records", "near-duplicates make every interval too narrow", ("GA502",)),
    Risk("Cost and energy", "making a record costs more than it may", ("GA7",)),
    Risk("Harm in use", "people are harmed by what is done with the output", (), "a study with the people concerned"),
    Risk("Security", "the model or what surrounds it is attacked, poisoned or stolen", (), "a security review"),
    Risk("Harmful content", "output insults, endangers or breaks the law", (), "a review of content by people"),
    Risk("False statements", "output says what is not so", (), "a check against sources"),
    Risk(
        "Rights in the training data",
        "data were used without licence or consent",
        (),
        "a review of sources and licences",
    ),
    Risk("Human oversight", "nobody notices or stops a failure in operation", (), "a plan for operation"),
)
"""In the order in which they are shown; those that no auditor looks at come last."""


def bearing(code: str, risks: Sequence[Risk] = RISKS) -> tuple[Risk, ...]:
    """The risks that an auditor's numbers bear on."""
    return tuple(risk for risk in risks if risk.bears(code))
