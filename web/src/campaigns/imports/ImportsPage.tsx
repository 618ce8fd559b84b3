import { useState } from "react";
import { Link } from "wouter";
import type { CampaignQuery } from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { ErrorMessage } from "../../shell/ErrorMessage";
import { Loading } from "../../shell/Loading";
import { CampaignStatusBadge } from "../CampaignStatusBadge";
import { NoSuchCampaign } from "../CampaignPage";
import { formatCount, isEnded } from "../labels";
import { DEFAULT_ADD_OPTIONS } from "../setup/addOptions";
import { FileForm } from "../setup/FileForm";
import { useContactUpload } from "../setup/useContactUpload";
import { useLiveCampaign } from "../useLiveCampaign";
import { ImportList } from "./ImportList";
import { useOpenImport } from "./useOpenImport";

type Campaign = NonNullable<CampaignQuery["campaign"]>;

/** The files that were sent to a campaign, what became of their rows, and a form to send another. */
export function ImportsPage({ id }: { id: string }) {
  const { campaign, error, fetching, refetch } = useLiveCampaign(id);
  if (campaign) return <Imports campaign={campaign} refetch={refetch} />;
  if (error) return <ErrorMessage fullPage error={error} retry={refetch} />;
  return fetching ? <Loading label="the campaign" /> : <NoSuchCampaign />;
}

function Imports({ campaign, refetch }: { campaign: Campaign; refetch: () => void }) {
  const { href } = useSession();
  const { open, setOpen } = useOpenImport();
  const [generation, setGeneration] = useState(0);
  const onSent = (importId: string | null) => {
    refetch();
    setOpen(importId);
    setGeneration((before) => before + 1);
  };
  return (
    <div className="campaign setup imports">
      <title>{`Imports · ${campaign.name} · Dialtree`}</title>
      <Link className="back" href={href(`/campaigns/${campaign.id}`)}>
        ← {campaign.name}
      </Link>
      <header className="campaign-head">
        <h1>Imports</h1>
        <p role="status">
          <CampaignStatusBadge campaign={campaign} />
        </p>
        <p className="import-total muted">{formatCount(campaign.statistics.contacts, "contact")} in the campaign</p>
      </header>
      <NewImport campaign={campaign} onSent={onSent} />
      <ImportList campaignId={campaign.id} generation={generation} open={open} onOpen={setOpen} />
    </div>
  );
}

interface NewImportProps {
  campaign: Campaign;
  onSent: (importId: string | null) => void;
}

function NewImport({ campaign, onSent }: NewImportProps) {
  const { canManage } = useSession();
  if (isEnded(campaign.status)) return <p className="note">This campaign has ended: it takes no more contacts.</p>;
  if (!canManage("CAMPAIGNS"))
    return <p className="note">To send a file takes a key with the scope CAMPAIGNS_MANAGE.</p>;
  return <ImportForm campaignId={campaign.id} onSent={onSent} />;
}

function ImportForm({ campaignId, onSent }: { campaignId: string; onSent: NewImportProps["onSent"] }) {
  const [options, setOptions] = useState(DEFAULT_ADD_OPTIONS);
  const contactUpload = useContactUpload(campaignId);
  return (
    <section aria-labelledby="new-import">
      <h2 id="new-import">Send a file</h2>
      <p className="muted">
        Each row is accepted or refused by itself, and is in the campaign while the rest still arrives. The same file
        again adds nobody twice.
      </p>
      <div className="form panel import-form">
        <FileForm contactUpload={contactUpload} options={options} onOptionsChange={setOptions} onSent={onSent} />
      </div>
    </section>
  );
}
