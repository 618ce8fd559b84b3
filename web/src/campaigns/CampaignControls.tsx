import { useState } from "react";
import { Link } from "wouter";
import type { CampaignRowFragment } from "../generated/graphql";
import { useSession } from "../session/Session";
import { CancelCampaignDialog } from "./CancelCampaignDialog";
import { isEnded } from "./labels";
import { Problems } from "./setup/Problems";
import { useCampaignControls } from "./useCampaignControls";

/** Buttons to start, pause, change and cancel a campaign, if the key may manage campaigns. */
export function CampaignControls({ campaign }: { campaign: CampaignRowFragment }) {
  const { canManage, href } = useSession();
  const { id, status, startedAt } = campaign;
  const controls = useCampaignControls(id);
  const [cancelling, setCancelling] = useState(false);
  if (!canManage("CAMPAIGNS") || isEnded(status)) return null;
  const { busy, start, pause, problems } = controls;
  return (
    <>
      <div className="campaign-controls">
        {status === "RUNNING" ? (
          <button className="button primary" disabled={busy} onClick={() => void pause()}>
            Pause
          </button>
        ) : (
          <button className="button primary" disabled={busy} onClick={() => void start()}>
            {startedAt ? "Resume" : "Start"}
          </button>
        )}
        <Link className="button" href={href(`/campaigns/${id}/setup`)}>
          Edit
        </Link>
        <button className="button" disabled={busy} onClick={() => setCancelling(true)}>
          Cancel campaign
        </button>
      </div>
      <Problems campaignId={id} problems={problems} />
      {cancelling && (
        <CancelCampaignDialog campaign={campaign} controls={controls} onClose={() => setCancelling(false)} />
      )}
    </>
  );
}
