import type { ConversationRowFragment } from "../generated/graphql";
import { END_REASON_LABELS, isLive, STATUS_LABELS } from "./labels";

type BadgeFields = Pick<ConversationRowFragment, "status" | "endReason" | "sipStatus">;

export function StatusBadge({ conversation: { status, endReason, sipStatus } }: { conversation: BadgeFields }) {
  const why = endReason && status !== "TRANSFERRED" && status !== "CANCELLED" ? END_REASON_LABELS[endReason] : null;
  return (
    <span className="status" data-status={status} data-live={isLive(status)}>
      <span className="status-dot" aria-hidden="true" />
      {STATUS_LABELS[status]}
      {why && <span className="muted">: {why}</span>}
      {sipStatus && sipStatus >= 300 ? <span className="muted">&nbsp;({sipStatus})</span> : null}
    </span>
  );
}
