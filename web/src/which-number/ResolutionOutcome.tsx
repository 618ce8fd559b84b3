import type { ReactNode } from "react";
import type { ResolutionFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import type { PreviewRequest } from "./previewRequest";

interface Props {
  resolution: ResolutionFragment;
  /** Set for a dry run; a conversation has none. */
  request?: PreviewRequest | undefined;
  /** Shown below a refusal: ways to fix it. */
  children?: ReactNode;
}

export function ResolutionOutcome({ resolution, request, children }: Props) {
  const { agentNumber } = resolution;
  const missing = request?.missingChoice ?? null;
  const refusal = missing ? null : resolution.refusal;
  return (
    <div className="outcome" data-tone={missing ? "undecided" : refusal ? "refused" : "good"} role="status">
      <dl>
        <div>
          <dt>{numberTitle(Boolean(request), Boolean(missing || refusal))}</dt>
          <dd className="outcome-number" title={agentNumber ?? undefined}>
            {agentNumber ? formatPhoneNumber(agentNumber) : "None"}
          </dd>
          <dd className="muted small">
            <Owner resolution={resolution} />
          </dd>
        </div>
        <div>
          <dt>Who speaks</dt>
          <dd>
            <Speaker resolution={resolution} request={request} />
          </dd>
        </div>
      </dl>
      {missing && <p className="missing-choice">{missing}</p>}
      {refusal && (
        <div className="refusal">
          <p id="refusal">
            <code>{refusal.code}</code> {refusal.message}
          </p>
          {children}
        </div>
      )}
    </div>
  );
}

function numberTitle(dryRun: boolean, undecided: boolean): string {
  if (!dryRun) return "Number the call was given";
  return undecided ? "Number the steps chose" : "The call goes out from";
}

function Owner({ resolution: { agentNumber, phoneNumber } }: Pick<Props, "resolution">) {
  if (!agentNumber || phoneNumber === undefined) return null;
  if (!phoneNumber) return <>no longer visible to this organization</>;
  if (phoneNumber.access === "SHARED")
    return <>borrowed from {phoneNumber.organization.name}; the callee sees it as caller ID</>;
  return <>owned by {phoneNumber.organization.name}; the callee sees it as caller ID</>;
}

function Speaker({ resolution: { agentVersion, refusal }, request }: Pick<Props, "resolution" | "request">) {
  if (agentVersion) {
    return (
      <>
        {agentVersion.agent.name} <span className="version">v{agentVersion.number}</span>
        {request?.speaker === "" && <span className="muted"> from the number’s outbound slot</span>}
      </>
    );
  }
  if (request?.speaker === "inline") return <>The inline agent</>;
  if (request?.missingChoice || refusal) return <span className="muted">Not known yet</span>;
  if (agentVersion === undefined) return <span className="muted">An agent that your key may not read</span>;
  return <>The inline agent</>;
}
