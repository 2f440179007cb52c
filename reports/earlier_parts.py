"""Parts of a record that tie it to what came before: an earlier record, and what was fixed before the audit."""

from typing import Annotated

from pydantic import Field

from .part import Part


class AgainstPart(Part):
    """The earlier record that a rule compares with."""

    source: Annotated[str, Field(description="its file, as the policy names it")]
    sha256: Annotated[str, Field(description="of that file")]
    checkpoint: Annotated[str, Field(description="what was audited then")]


class LockPart(Part):
    """What was fixed before the audit, and whether it was kept."""

    source: Annotated[str, Field(description="the lock's file")]
    sha256: Annotated[str, Field(description="of that file")]
    locked: Annotated[str, Field(description="when it was written, as it says itself")]
    policy_sha256: str
    broken: Annotated[tuple[str, ...], Field(description="what was not kept; empty where all was")] = ()

    @property
    def kept(self) -> bool:
        """Whether all that was fixed was kept."""
        return not self.broken

    def judged_by(self, sha256: str) -> "LockPart":
        """The same after another judgement, by a policy of this digest."""
        others = tuple(each for each in self.broken if not each.startswith("policy: "))
        if sha256 == self.policy_sha256:
            return self.model_copy(update={"broken": others})
        broken = f"policy: locked {self.policy_sha256[:12]}…, asked {sha256[:12]}…"
        return self.model_copy(update={"broken": (broken, *others)})

    def words(self) -> str:
        """Whether it was kept, in a sentence."""
        fixed = f"{self.source}, {self.locked}"
        if self.kept:
            return f"Fixed before the audit, and kept: policy, seed, samples and data ({fixed})."
        return f"Fixed before the audit, and NOT kept ({fixed}): {'; '.join(self.broken)}."
