import type { ResolutionFragment } from "../generated/graphql";
import { written } from "../phone";

interface Props {
  resolution: ResolutionFragment;
  tense: "would" | "was";
}

export function Outcome({ resolution, tense }: Props) {
  const { agentNumber, refusal } = resolution;
  return (
    <div className="outcome" data-refused={refusal !== null && refusal !== undefined} role="status">
      <dl>
        <div>
          <dt>
            {refusal
              ? "Number the steps chose"
              : tense === "would"
                ? "The call goes out from"
                : "Number the call was given"}
          </dt>
          <dd className="outcome-number" title={agentNumber ?? undefined}>
            {agentNumber ? written(agentNumber) : "None"}
          </dd>
          <dd className="quiet small">
            <Owner resolution={resolution} />
          </dd>
        </div>
        <div>
          <dt>Who speaks</dt>
          <dd>
            <Speaker resolution={resolution} />
          </dd>
        </div>
      </dl>
      {refusal && (
        <p className="refusal">
          <code>{refusal.code}</code> {refusal.message}
        </p>
      )}
    </div>
  );
}

function Owner({ resolution: { agentNumber, phoneNumber } }: Pick<Props, "resolution">) {
  if (!agentNumber) return null;
  if (!phoneNumber) return <>no longer visible to this organization</>;
  if (phoneNumber.access === "SHARED")
    return <>borrowed from {phoneNumber.organization.name}; the callee sees it as caller ID</>;
  return <>owned by {phoneNumber.organization.name}; the callee sees it as caller ID</>;
}

function Speaker({ resolution: { agentVersion, refusal } }: Pick<Props, "resolution">) {
  if (agentVersion) {
    return (
      <>
        {agentVersion.agent.name} <span className="version">v{agentVersion.number}</span>
      </>
    );
  }
  return refusal ? <span className="quiet">Nobody</span> : <>The inline agent</>;
}
