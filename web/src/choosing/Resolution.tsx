import type { ResolutionFragment } from "../generated/graphql";
import { Outcome } from "./Outcome";
import { Step } from "./Step";

interface Props {
  resolution: ResolutionFragment;
  /** A dry run says what would be; a conversation what was. */
  tense: "would" | "was";
}

/** The choice of a number as one picture: the four steps in their order, then what came of them. */
export function Resolution({ resolution, tense }: Props) {
  return (
    <div className="picture">
      <ol className="steps" aria-label="The four steps">
        {resolution.steps.map((step, index) => (
          <Step key={step.rule} step={step} place={index + 1} decided={resolution.decidedBy === step.rule} />
        ))}
      </ol>
      <Outcome resolution={resolution} tense={tense} />
    </div>
  );
}
