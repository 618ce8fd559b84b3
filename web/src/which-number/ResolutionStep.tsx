import type { OutboundNumberRule, ResolutionFragment, StepVerdict } from "../generated/graphql";
import { Candidates } from "./Candidates";

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
      {step.candidates.length > 0 && <Candidates candidates={step.candidates} reason={step.reason} />}
    </li>
  );
}
