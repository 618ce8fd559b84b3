import type { CampaignQuery } from "../../generated/graphql";
import { Breakdown } from "./Breakdown";
import { CallRatePlot } from "./CallRatePlot";
import { Funnel } from "./Funnel";
import { LimitPanel } from "./LimitPanel";

/** How a campaign goes: its funnel, its pace and what limits it, and its figures. */
export function CampaignProgress({ campaign }: { campaign: NonNullable<CampaignQuery["campaign"]> }) {
  return (
    <>
      <Funnel campaign={campaign} />
      <div className="pace" data-started={Boolean(campaign.startedAt)}>
        {campaign.startedAt && <CallRatePlot key={campaign.id} campaign={campaign} />}
        <LimitPanel campaign={campaign} />
      </div>
      <Breakdown campaign={campaign} />
    </>
  );
}
