import type { ReactNode } from "react";
import type { ResolutionFragment } from "../generated/graphql";
import { ResolutionOutcome } from "./ResolutionOutcome";
import type { PreviewRequest } from "./previewRequest";
import { ResolutionStep } from "./ResolutionStep";

interface Props {
  resolution: ResolutionFragment;
  /** Set for a dry run; a conversation has none. */
  request?: PreviewRequest;
  /** Shown below a refusal: ways to fix it. */
  children?: ReactNode;
}

/** Shows how a number was chosen: the four steps in order, then the outcome. */
export function Resolution({ resolution, request, children }: Props) {
  const said = request?.missingChoice ? undefined : resolution.refusal?.message;
  return (
    <div className="resolution">
      <ol className="steps" aria-label="The four steps">
        {resolution.steps.map((step, index) => (
          <ResolutionStep
            key={step.rule}
            step={step}
            position={index + 1}
            decided={resolution.decidedBy === step.rule}
            reasonShownBelow={step.reason === said}
          />
        ))}
      </ol>
      <ResolutionOutcome resolution={resolution} request={request}>
        {children}
      </ResolutionOutcome>
    </div>
  );
}
