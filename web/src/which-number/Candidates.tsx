import { useState } from "react";
import type { ResolutionFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";

const CANDIDATES_SHOWN = 4;

interface Props {
  candidates: ResolutionFragment["steps"][number]["candidates"];
  /** Said already, and not repeated. */
  reason: string;
}

/** The numbers that were weighed, best first, each with its reason. */
export function Candidates({ candidates, reason: said }: Props) {
  const [all, setAll] = useState(false);
  const shown = all ? candidates : candidates.slice(0, CANDIDATES_SHOWN);
  return (
    <>
      <ul className="candidates" aria-label="Candidates, best first">
        {shown.map(({ e164, verdict, reason }) => (
          <li key={e164} data-verdict={verdict}>
            <span className="candidate-number" title={e164}>
              {formatPhoneNumber(e164)}
            </span>
            {reason !== said && <span className="candidate-reason">{reason}</span>}
          </li>
        ))}
      </ul>
      {candidates.length > CANDIDATES_SHOWN && (
        <button className="button button-ghost small" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${candidates.length - CANDIDATES_SHOWN} more`}
        </button>
      )}
    </>
  );
}
