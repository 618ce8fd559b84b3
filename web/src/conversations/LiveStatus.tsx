import { useState } from "react";
import type { ConversationRowFragment, ConversationStatus } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { StatusBadge } from "./StatusBadge";
import { useLiveConversation } from "./useLiveConversation";
import { furthestStage, isLive, STATUS_LABELS } from "./labels";

const OUTBOUND_STAGES: readonly ConversationStatus[] = ["QUEUED", "DIALING", "RINGING", "IN_PROGRESS"];
const INBOUND_STAGES: readonly ConversationStatus[] = ["RINGING", "IN_PROGRESS"];

/** Shows the stages of a call and its current status. */
export function LiveStatus({ conversation }: { conversation: ConversationRowFragment }) {
  const current = useLiveConversation(conversation);
  const path = current.direction === "OUTBOUND" ? OUTBOUND_STAGES : INBOUND_STAGES;
  const at = Math.max(path.indexOf(furthestStage(current)), path.indexOf(useFurthestSeen(current, path)));
  return (
    <div className="live">
      <ol className="stages" aria-hidden="true">
        {path.map((status, index) => (
          <li key={status} data-reached={index <= at} data-current={status === current.status}>
            {STATUS_LABELS[status]}
          </li>
        ))}
        {!isLive(current.status) && (
          <li data-reached="true" data-current="true">
            {STATUS_LABELS[current.status]}
          </li>
        )}
      </ol>
      <p role="status">
        <StatusBadge conversation={current} />{" "}
        <span className="muted">{current.direction === "OUTBOUND" ? "from" : "on"}</span>{" "}
        {formatPhoneNumber(current.agentNumber)}{" "}
        {current.userNumber && (
          <>
            <span className="muted">{current.direction === "OUTBOUND" ? "to" : "by"}</span>{" "}
            {formatPhoneNumber(current.userNumber)}
          </>
        )}
      </p>
    </div>
  );
}

/** Returns the furthest stage seen since the page was opened: the final status does not tell whether the call rang. */
function useFurthestSeen({ status }: ConversationRowFragment, path: readonly ConversationStatus[]): ConversationStatus {
  const [seen, setSeen] = useState<ConversationStatus>("QUEUED");
  if (path.indexOf(status) <= path.indexOf(seen)) return seen;
  setSeen(status);
  return status;
}
