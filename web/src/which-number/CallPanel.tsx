import { Link } from "wouter";
import { CallControls } from "../conversations/CallControls";
import { LiveStatus } from "../conversations/LiveStatus";
import type { ResolutionFragment } from "../generated/graphql";
import { formatTarget } from "../phoneNumber";
import { useSession } from "../session/Session";
import type { PreviewRequest } from "./previewRequest";
import { usePlaceCall } from "./usePlaceCall";

interface Props {
  request: PreviewRequest;
  resolution: ResolutionFragment;
}

export function CallPanel({ request, resolution }: Props) {
  const { canManage, href } = useSession();
  const { placeCall, busy, conversations, errorMessage } = usePlaceCall(request);
  if (!canManage("CONVERSATIONS")) {
    return <p className="muted small">Placing the call takes a key with the scope CONVERSATIONS_MANAGE.</p>;
  }
  const { to } = request.input;
  const hint = callHint(request, resolution);
  return (
    <div className="call-panel">
      <button className="button primary" disabled={busy || hint !== null} onClick={() => void placeCall()}>
        {busy ? "Calling…" : to ? `Call ${formatTarget(to)}` : "Call"}
      </button>
      {hint && <span className="muted small">{hint}</span>}
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      {conversations.map((conversation) => (
        <div key={conversation.id} className="placed-call">
          <LiveStatus conversation={conversation} />
          <CallControls conversation={conversation} />
          <Link href={href(`/conversations/${conversation.id}`)}>Open the conversation</Link>
        </div>
      ))}
    </div>
  );
}

/** Says why the call cannot be placed yet; null if it can. */
export function callHint(
  { invalidReason, missingChoice, input }: PreviewRequest,
  { refusal }: ResolutionFragment,
): string | null {
  if (invalidReason) return "Correct the marked fields first.";
  if (missingChoice) return ""; // the answer says what
  if (refusal) return "No call can be placed while it is refused.";
  return input.to ? null : "Enter a number to call first.";
}
