import type { CampaignRowFragment } from "../generated/graphql";
import { CAMPAIGN_STATUS_LABELS, PAUSE_REASON_LABELS } from "./labels";

type BadgeFields = Pick<CampaignRowFragment, "status" | "pauseReason">;

export function CampaignStatusBadge({ campaign: { status, pauseReason } }: { campaign: BadgeFields }) {
  const why = pauseReason && pauseReason !== "ASKED" ? PAUSE_REASON_LABELS[pauseReason] : null;
  return (
    <span className="status campaign-status" data-status={status} data-troubled={why !== null}>
      <span className="status-dot" aria-hidden="true" />
      {CAMPAIGN_STATUS_LABELS[status]}
      {why && <span className="muted">: {why}</span>}
    </span>
  );
}
