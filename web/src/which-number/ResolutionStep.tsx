import { useState } from "react";
import type { OutboundNumberRule, ResolutionFragment, StepVerdict } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";

type StepFields = ResolutionFragment["steps"][number];

const RULE_LABELS: Record<OutboundNumberRule, { title: string; input: string }> = {
  AGENT_NUMBER: { title: "Number named", input: "agentNumber" },
  AGENT_VERSION: { title: "Version’s number", input: "agentVersionId" },
  AGENT: { title: "Agent’s number", input: "agentId" },
  FALLBACK: { title: "Any own number", input: "nothing given" },
};

const VERDICT_LABELS: Record<StepVerdict, string> = {
  CHOSEN: "Chosen",
  REFUSED: "Refused",
  NOT_GIVEN: "Not given",
  NOT_REACHED: "Not reached",
};

const CANDIDATES_SHOWN = 4;

interface Props {
  step: StepFields;
  position: number;
  decided: boolean;
  /** The outcome shows the same text as its refusal. */
  reasonShownBelow: boolean;
}

export function ResolutionStep({ step, position, decided, reasonShownBelow }: Props) {
  const { title, input } = RULE_LABELS[step.rule];
  return (
    <li className="step" data-verdict={step.verdict} data-decided={decided}>
      <header>
        <span className="step-number" aria-hidden="true">
          {position}
        </span>
        <h3>{title}</h3>
        <span className="verdict">{VERDICT_LABELS[step.verdict]}</span>
      </header>
      <p className="mono muted step-input">{input}</p>
      {!reasonShownBelow && <p className="reason">{step.reason}</p>}
      {step.candidates.length > 0 && <Candidates step={step} />}
    </li>
  );
}

function Candidates({ step: { candidates, reason: said } }: { step: StepFields }) {
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
