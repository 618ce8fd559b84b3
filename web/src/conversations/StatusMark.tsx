import type { ConversationRowFragment } from "../generated/graphql";
import { END_REASONS, isLive, STATUSES } from "./words";

type Ended = Pick<ConversationRowFragment, "status" | "endReason" | "sipStatus">;

export function StatusMark({ conversation: { status, endReason, sipStatus } }: { conversation: Ended }) {
  const why = endReason && status !== "TRANSFERRED" && status !== "CANCELLED" ? END_REASONS[endReason] : null;
  return (
    <span className="status" data-status={status} data-live={isLive(status)}>
      <span className="status-dot" aria-hidden="true" />
      {STATUSES[status]}
      {why && <span className="quiet">: {why}</span>}
      {sipStatus && sipStatus >= 300 ? <span className="quiet"> ({sipStatus})</span> : null}
    </span>
  );
}
