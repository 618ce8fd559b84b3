import { useSearchParams } from "wouter";
import { CampaignsDocument } from "../generated/graphql";
import { ListView } from "../lists/ListView";
import { useListView } from "../lists/useListView";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { CampaignFilters } from "./CampaignFilters";
import { CampaignTable } from "./CampaignTable";
import { FILTER_PARAMS, readCampaignFilter } from "./campaignFilter";
import { useCampaignPolling } from "./useCampaignPolling";

const PAGE_SIZE = 50;

export function CampaignsPage() {
  const { canRead } = useSession();
  return canRead("CAMPAIGNS") ? <Campaigns /> : <MayNotReadCampaigns />;
}

export function MayNotReadCampaigns() {
  return (
    <EmptyState
      fullPage
      title="Your key may not read campaigns"
      advice="Sign in with a key that has the scope CAMPAIGNS_READ or CAMPAIGNS_MANAGE."
    />
  );
}

function Campaigns() {
  const { organizationId } = useSession();
  const [search] = useSearchParams();
  const variables = { organizationId, filter: readCampaignFilter(search) };
  const view = useListView(
    { document: CampaignsDocument, variables, select: (data) => data.campaigns, size: PAGE_SIZE },
    FILTER_PARAMS,
  );
  useCampaignPolling(view.store, view.snapshot.nodes);
  return (
    <>
      <title>Campaigns · Dialtree</title>
      <h1 className="visually-hidden">Campaigns</h1>
      <CampaignFilters />
      <ListView
        view={view}
        label="campaigns"
        empty={<NoCampaigns filtered={view.filtered} clear={view.clearFilters} />}
        table={(rows) => <CampaignTable {...rows} />}
      />
    </>
  );
}

function NoCampaigns({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (!filtered) {
    return (
      <EmptyState
        title="No campaigns yet"
        advice="A campaign calls many contacts: at their hours, at your pace, from numbers that you may dial from."
      />
    );
  }
  return (
    <EmptyState title="No campaign matches" advice="A part of the name is enough. Or loosen the filters.">
      <button className="button" onClick={clear}>
        Clear the filters
      </button>
    </EmptyState>
  );
}
