import { Link, useSearchParams } from "wouter";
import { ContactsDocument, type ContactsQuery } from "../../generated/graphql";
import { ListView } from "../../lists/ListView";
import { useListView } from "../../lists/useListView";
import { useSession } from "../../session/Session";
import { EmptyState } from "../../shell/EmptyState";
import { NoSuchCampaign } from "../CampaignPage";
import { MayNotReadCampaigns } from "../CampaignsPage";
import { useCampaignPolling } from "../useCampaignPolling";
import { useLiveCampaign } from "../useLiveCampaign";
import { ContactFilters } from "./ContactFilters";
import { ContactTable } from "./ContactTable";
import { FILTER_PARAMS, readContactFilter } from "./contactFilter";

const PAGE_SIZE = 50;
const NOBODY = { nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: false } };
const selectContacts = ({ campaign }: ContactsQuery) => campaign?.contacts ?? NOBODY;

export function ContactsPage({ campaignId }: { campaignId: string }) {
  const { canRead } = useSession();
  return canRead("CAMPAIGNS") ? <Contacts campaignId={campaignId} /> : <MayNotReadCampaigns />;
}

function Contacts({ campaignId }: { campaignId: string }) {
  const { href } = useSession();
  const [search] = useSearchParams();
  const { campaign } = useLiveCampaign(campaignId);
  const variables = { campaignId, filter: readContactFilter(search) };
  const view = useListView(
    { document: ContactsDocument, variables, select: selectContacts, size: PAGE_SIZE },
    FILTER_PARAMS,
  );
  useCampaignPolling(view.store, campaign ? [campaign] : []);
  if (campaign === null) return <NoSuchCampaign />;
  return (
    <>
      <title>{`Contacts${campaign ? ` of ${campaign.name}` : ""} · Dialtree`}</title>
      <header className="contacts-head">
        <Link className="back" href={href(`/campaigns/${campaignId}`)}>
          ← {campaign?.name ?? "Campaign"}
        </Link>
        <h1>Contacts</h1>
      </header>
      <ContactFilters />
      <ListView
        view={view}
        label="contacts"
        onwardOnly
        empty={<NoContacts campaignId={campaignId} filtered={view.filtered} clear={view.clearFilters} />}
        table={(rows) => <ContactTable campaignId={campaignId} {...rows} />}
      />
    </>
  );
}

interface NoContactsProps {
  campaignId: string;
  filtered: boolean;
  clear: () => void;
}

function NoContacts({ campaignId, filtered, clear }: NoContactsProps) {
  const { canManage, href } = useSession();
  if (filtered) {
    return (
      <EmptyState title="No contact matches" advice="Some digits of the number are enough; your id is matched whole.">
        <button className="button" onClick={clear}>
          Clear the filters
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No contacts yet" advice="Type numbers, or send a file of them.">
      {canManage("CAMPAIGNS") && (
        <Link className="button primary" href={href(`/campaigns/${campaignId}/setup`, { step: "contacts" })}>
          Add contacts
        </Link>
      )}
    </EmptyState>
  );
}
