import { Link } from "wouter";
import type { CampaignRowFragment } from "../generated/graphql";
import { RowTable, type TableRows } from "../lists/RowTable";
import { useSession } from "../session/Session";
import { CampaignStatusBadge } from "./CampaignStatusBadge";
import { ContactStatusBar } from "./ContactStatusBar";
import { WAIT_LABELS } from "./labels";

const COLUMNS = [
  ["col-name", "Name"],
  ["col-status", "Status"],
  ["col-contacts", "Contacts"],
  ["col-live", "Live calls"],
  ["col-limit", "Limited by"],
] as const;

export function CampaignTable(rows: TableRows<CampaignRowFragment>) {
  const { href } = useSession();
  return (
    <RowTable
      {...rows}
      className="campaigns"
      label="Campaigns, newest first"
      columns={COLUMNS}
      cardHeight={104}
      hrefOf={(id) => href(`/campaigns/${id}`)}
      cells={(campaign, to) => <Cells campaign={campaign} href={to} />}
    />
  );
}

function Cells({ campaign, href }: { campaign: CampaignRowFragment; href: string }) {
  const { name, status, statistics } = campaign;
  return (
    <>
      <td className="col-name">
        <Link href={href} tabIndex={-1} className="row-link">
          {name}
        </Link>
      </td>
      <td className="col-status">
        <CampaignStatusBadge campaign={campaign} />
      </td>
      <td className="col-contacts">
        <span className="contact-cell">
          <span className="contact-count">{statistics.contacts.toLocaleString("en")}</span>
          <ContactStatusBar statistics={statistics} />
        </span>
      </td>
      <td className="col-live">{statistics.liveCalls.toLocaleString("en")}</td>
      <td className="col-limit muted">
        {status === "RUNNING" && statistics.limitedBy ? WAIT_LABELS[statistics.limitedBy] : "—"}
      </td>
    </>
  );
}
