import { useSearchParams } from "wouter";
import { CampaignsDocument } from "../generated/graphql";
import { Pager } from "../lists/Pager";
import { useScrollTarget } from "../lists/useScrollTarget";
import { usePages } from "../lists/usePages";
import { usePageInAddress } from "../lists/usePageInAddress";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { ErrorMessage } from "../shell/ErrorMessage";
import { ErrorRecovery } from "../shell/ErrorRecovery";
import { Loading } from "../shell/Loading";
import { CampaignFilters } from "./CampaignFilters";
import { CampaignTable } from "./CampaignTable";
import { FILTER_PARAMS, readCampaignFilter } from "./campaignFilter";
import { useCampaignPolling } from "./useCampaignPolling";

const PAGE_SIZE = 50;

export function CampaignsPage() {
  const { canRead } = useSession();
  if (canRead("CAMPAIGNS")) return <Campaigns />;
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
  const [search, setSearch] = useSearchParams();
  const page = usePageInAddress(PAGE_SIZE);
  const variables = { organizationId, filter: readCampaignFilter(search) };
  const list = usePages(
    { document: CampaignsDocument, variables, select: (data) => data.campaigns, size: PAGE_SIZE },
    page.anchor,
  );
  const { store, snapshot, shownList, isStale } = list;
  const { scrollTarget, isPending } = useScrollTarget(list, page);
  useCampaignPolling(store, snapshot.nodes);
  const filtered = FILTER_PARAMS.some((name) => search.get(name));
  const clearFilters = () =>
    setSearch((old) => {
      [...FILTER_PARAMS, "after", "before"].forEach((name) => old.delete(name));
      return old;
    });

  return (
    <>
      <title>Campaigns · Dialtree</title>
      <h1 className="visually-hidden">Campaigns</h1>
      <CampaignFilters />
      {snapshot.error && (
        <ErrorMessage error={snapshot.error} retry={() => void store.reload()}>
          <ErrorRecovery error={snapshot.error} clear={clearFilters} />
        </ErrorMessage>
      )}
      {snapshot.nodes.length > 0 && (
        <div className="list" data-stale={isStale} aria-busy={isStale}>
          <CampaignTable
            list={shownList}
            campaigns={snapshot.nodes}
            store={store}
            onTopRowChange={(index) => isPending || page.followScroll(snapshot.starts, index)}
            scrollTarget={scrollTarget}
          />
        </div>
      )}
      {snapshot.nodes.length === 0 && snapshot.loading && !snapshot.error && <Loading label="campaigns" />}
      {snapshot.nodes.length === 0 && !snapshot.loading && !snapshot.error && (
        <NoCampaigns filtered={filtered} clear={clearFilters} />
      )}
      <Pager snapshot={snapshot} currentPage={page.anchor} label="campaigns">
        <span className="count">{snapshot.nodes.length.toLocaleString("en")} loaded</span>
      </Pager>
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
