import type { CampaignRowFragment, ContactStatus } from "../generated/graphql";
import { CONTACT_STATUS_LABELS, formatCount } from "./labels";

type Counts = CampaignRowFragment["statistics"]["byStatus"];

/** Returns the counts of the statuses that have any, in the order in which a contact passes through them. */
export function inOrder(counts: Counts): readonly (readonly [ContactStatus, number])[] {
  const found = new Map(counts.map(({ status, contacts }) => [status, contacts]));
  const statuses = Object.keys(CONTACT_STATUS_LABELS) as ContactStatus[];
  return statuses.map((status) => [status, found.get(status) ?? 0] as const).filter(([, count]) => count > 0);
}

/** A thin bar of a campaign's contacts, divided by their statuses. */
export function ContactStatusBar({ statistics }: { statistics: CampaignRowFragment["statistics"] }) {
  const parts = inOrder(statistics.byStatus);
  const text = parts.map(([status, count]) => `${count.toLocaleString("en")} ${CONTACT_STATUS_LABELS[status]}`);
  const label = `${formatCount(statistics.contacts, "contact")}${text.length ? `: ${text.join(", ")}` : ""}`;
  return (
    <span className="contact-bar" role="img" aria-label={label} title={label}>
      {parts.map(([status, count]) => (
        <span key={status} data-status={status} style={{ flexGrow: count }} />
      ))}
    </span>
  );
}
