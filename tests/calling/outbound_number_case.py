"""Describe a case of the outbound number resolution: what is sent, and what each step answers."""

from dataclasses import dataclass, field
from typing import Any

from tests.installation import Json

RULES = ["AGENT_NUMBER", "AGENT_VERSION", "AGENT", "FALLBACK"]


UNKNOWN_NUMBER = "+12065559999"


PREMIUM_NUMBER = "+19005551234"


@dataclass(frozen=True)
class Case:
    """An input and its resolution, in the names of the world.

    `verdicts` are those of the four steps in order; `candidates` are the numbers of each step that weighed some, best
    first: where a step chose, the first is its number.
    """

    sentence: str
    organization: str
    sent: dict[str, Any]
    verdicts: str
    candidates: dict[str, str] = field(default_factory=dict)
    agent: str | None = None
    refusal: tuple[str, list[str] | None] | None = None

    @property
    def decided_by(self) -> str | None:
        deciding = [
            rule for rule, verdict in zip(RULES, self.verdicts.split(), strict=True) if verdict in ("CHOSEN", "REFUSED")
        ]
        return deciding[-1] if deciding else None

    @property
    def number(self) -> str | None:
        chosen = [
            self.candidates[rule].split()[0]
            for rule, verdict in zip(RULES, self.verdicts.split(), strict=True)
            if verdict == "CHOSEN"
        ]
        return chosen[-1] if chosen else None


def case_id(case: Case) -> str:
    return case.sentence


def reasons_by_number(resolution: Json, rule: str) -> dict[str, str]:
    step = resolution["steps"][RULES.index(rule)]
    return {each["e164"]: each["reason"] for each in step["candidates"]}
