"""Define where a thing that may be invisible can be sent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProbedArgument:
    """Where a thing of a kind can be sent, as `$it`.

    `seen`: by relation, whose things are rightly answered there. `tells`: one's own is answered otherwise.
    """

    name: str
    kind: str
    call: str
    seen: tuple[str, ...] = ()
    tells: bool = True

    def __str__(self) -> str:
        return f"{self.kind} in {self.call}"
