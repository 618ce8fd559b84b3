import { Link } from "wouter";
import { CallControls } from "../conversations/CallControls";
import { LiveStatus } from "../conversations/LiveStatus";
import type { ResolutionFragment } from "../generated/graphql";
import { written } from "../phone";
import { useSession } from "../session/Session";
import type { Request } from "./request";
import { useCall } from "./useCall";

interface Props {
  request: Request;
  resolution: ResolutionFragment;
}

export function CallPanel({ request, resolution }: Props) {
  const { manages, address } = useSession();
  const { call, busy, conversation, complaint } = useCall(request);
  if (!manages("CONVERSATIONS")) {
    return <p className="quiet small">Placing the call takes a key with the scope CONVERSATIONS_MANAGE.</p>;
  }
  const { to } = request.input;
  const hint = resolution.refusal
    ? "Nothing can be called while it is refused."
    : to
      ? null
      : "Say whom to call first.";
  return (
    <div className="call">
      <button className="button primary" disabled={busy || hint !== null} onClick={() => void call()}>
        {busy ? "Calling…" : to ? `Call ${safelyWritten(to)}` : "Call"}
      </button>
      {hint && <span className="quiet small">{hint}</span>}
      {complaint && (
        <p role="alert" className="field-error">
          {complaint}
        </p>
      )}
      {conversation && (
        <div className="called">
          <LiveStatus conversation={conversation} />
          <CallControls conversation={conversation} />
          <Link href={address(`/conversations/${conversation.id}`)}>Open the conversation</Link>
        </div>
      )}
    </div>
  );
}

function safelyWritten(number: string): string {
  return number.startsWith("+") ? written(number) : number;
}
