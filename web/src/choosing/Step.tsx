import { useState } from "react";
import type { OutboundNumberRule, ResolutionFragment, StepVerdict } from "../generated/graphql";
import { written } from "../phone";

type StepOf = ResolutionFragment["steps"][number];

const RULES: Record<OutboundNumberRule, { title: string; goesBy: string }> = {
  AGENT_NUMBER: { title: "Number named", goesBy: "agentNumber" },
  AGENT_VERSION: { title: "Version’s number", goesBy: "agentVersionId" },
  AGENT: { title: "Agent’s number", goesBy: "agentId" },
  FALLBACK: { title: "Any own number", goesBy: "nothing given" },
};

const VERDICTS: Record<StepVerdict, string> = {
  CHOSEN: "Chosen",
  REFUSED: "Refused",
  NOT_GIVEN: "Not given",
  NOT_REACHED: "Not reached",
};

const SHOWN = 4;

interface Props {
  step: StepOf;
  place: number;
  decided: boolean;
}

export function Step({ step, place, decided }: Props) {
  const { title, goesBy } = RULES[step.rule];
  return (
    <li className="step" data-verdict={step.verdict} data-decided={decided}>
      <header>
        <span className="step-place" aria-hidden="true">
          {place}
        </span>
        <h3>{title}</h3>
        <span className="verdict">{VERDICTS[step.verdict]}</span>
      </header>
      <p className="mono quiet goes-by">{goesBy}</p>
      <p className="reason">{step.reason}</p>
      {step.candidates.length > 0 && <Candidates step={step} />}
    </li>
  );
}

function Candidates({ step: { candidates, reason: said } }: { step: StepOf }) {
  const [all, setAll] = useState(false);
  const shown = all ? candidates : candidates.slice(0, SHOWN);
  return (
    <>
      <ul className="candidates" aria-label="Numbers weighed, best first">
        {shown.map(({ e164, verdict, reason }) => (
          <li key={e164} data-verdict={verdict}>
            <span className="candidate-number" title={e164}>
              {written(e164)}
            </span>
            {reason !== said && <span className="candidate-reason">{reason}</span>}
          </li>
        ))}
      </ul>
      {candidates.length > SHOWN && (
        <button className="button quiet-button small" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${candidates.length - SHOWN} more weighed`}
        </button>
      )}
    </>
  );
}
