import { Link } from "wouter";
import type { CampaignQuery } from "../generated/graphql";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { ErrorMessage } from "../shell/ErrorMessage";
import { Loading } from "../shell/Loading";
import { CampaignControls } from "./CampaignControls";
import { CampaignSettings } from "./CampaignSettings";
import { CampaignProgress } from "./progress/CampaignProgress";
import { CampaignStatusBadge } from "./CampaignStatusBadge";
import { useLiveCampaign } from "./useLiveCampaign";

export function CampaignPage({ id }: { id: string }) {
  const { campaign, error, fetching, refetch } = useLiveCampaign(id);
  if (campaign) return <Campaign campaign={campaign} />;
  if (error) {
    return (
      <ErrorMessage fullPage error={error} retry={refetch}>
        <AllCampaigns />
      </ErrorMessage>
    );
  }
  if (fetching) return <Loading label="the campaign" />;
  return <NoSuchCampaign />;
}

function AllCampaigns() {
  const { href } = useSession();
  return (
    <Link className="button" href={href("/campaigns")}>
      All campaigns
    </Link>
  );
}

export function NoSuchCampaign() {
  return (
    <EmptyState
      fullPage
      title="There is no such campaign"
      advice="Its address is mistyped, or your key may not see it."
    >
      <AllCampaigns />
    </EmptyState>
  );
}

function Campaign({ campaign }: { campaign: NonNullable<CampaignQuery["campaign"]> }) {
  const { href } = useSession();
  return (
    <div className="campaign">
      <title>{`${campaign.name} · Dialtree`}</title>
      <Link className="back" href={href("/campaigns")}>
        ← Campaigns
      </Link>
      <header className="campaign-head">
        <h1>{campaign.name}</h1>
        <p role="status">
          <CampaignStatusBadge campaign={campaign} />
        </p>
        <Link href={href(`/campaigns/${campaign.id}/contacts`)}>Contacts</Link>
        <Link href={href(`/campaigns/${campaign.id}/imports`)}>Imports</Link>
        <CampaignControls campaign={campaign} />
      </header>
      <CampaignProgress campaign={campaign} />
      <CampaignSettings campaign={campaign} />
    </div>
  );
}
