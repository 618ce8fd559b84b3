import type { NumberChoiceFragment } from "../../generated/graphql";
import { formatPhoneNumber } from "../../phoneNumber";
import { Candidates } from "../../which-number/Candidates";

/** From which number a contact would be called now, and why. */
export function NextAttempt({ number, choice }: { number: number; choice: NumberChoiceFragment }) {
  const { agentNumber, reason, candidates } = choice;
  return (
    <li data-outcome="next">
      <header>
        <h3>Attempt {number}</h3>
        <span className="muted">to come</span>
      </header>
      <p>
        <span className="muted">Now it would go out from</span>{" "}
        <strong>{agentNumber ? formatPhoneNumber(agentNumber) : "no number"}</strong>
      </p>
      <p className="attempt-reason">{reason}</p>
      {candidates.length > 0 && (
        <details className="attempt-why">
          <summary>Numbers weighed</summary>
          <Candidates candidates={candidates} reason={reason} />
        </details>
      )}
    </li>
  );
}
