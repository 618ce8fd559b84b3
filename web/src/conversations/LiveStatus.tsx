import type { ConversationRowFragment, ConversationStatus } from "../generated/graphql";
import { written } from "../phone";
import { StatusMark } from "./StatusMark";
import { useFollowed } from "./useFollowed";
import { isLive, STATUSES } from "./words";

const OUTBOUND: readonly ConversationStatus[] = ["QUEUED", "DIALING", "RINGING", "IN_PROGRESS"];
const INBOUND: readonly ConversationStatus[] = ["RINGING", "IN_PROGRESS"];

/** How far a call has come, as it goes. */
export function LiveStatus({ conversation }: { conversation: ConversationRowFragment }) {
  const current = useFollowed(conversation);
  const path = current.direction === "OUTBOUND" ? OUTBOUND : INBOUND;
  const at = isLive(current.status) ? path.indexOf(current.status) : current.answeredAt ? path.length - 1 : -1;
  return (
    <div className="live">
      <ol className="track" aria-hidden="true">
        {path.map((status, index) => (
          <li key={status} data-done={index <= at} data-now={status === current.status}>
            {STATUSES[status]}
          </li>
        ))}
        {!isLive(current.status) && (
          <li data-done="true" data-now="true">
            {STATUSES[current.status]}
          </li>
        )}
      </ol>
      <p role="status">
        <StatusMark conversation={current} />{" "}
        <span className="quiet">{current.direction === "OUTBOUND" ? "from" : "on"}</span> {written(current.agentNumber)}{" "}
        {current.userNumber && (
          <>
            <span className="quiet">{current.direction === "OUTBOUND" ? "to" : "by"}</span>{" "}
            {written(current.userNumber)}
          </>
        )}
      </p>
    </div>
  );
}
