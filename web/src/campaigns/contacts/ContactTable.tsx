import { Link } from "wouter";
import type { ContactRowFragment } from "../../generated/graphql";
import { RowTable, type TableRows } from "../../lists/RowTable";
import { formatPhoneNumber } from "../../phoneNumber";
import { useSession } from "../../session/Session";
import { ContactStatusBadge } from "./ContactStatusBadge";
import { describeAttempts, describeWaiting } from "./contactText";

const COLUMNS = [
  ["col-contact", "Number"],
  ["col-external-id", "Your id"],
  ["col-status", "Status"],
  ["col-attempts", "Attempts"],
  ["col-standing", "Why"],
] as const;

interface Props extends TableRows<ContactRowFragment> {
  campaignId: string;
}

export function ContactTable({ campaignId, ...rows }: Props) {
  const { href } = useSession();
  return (
    <RowTable
      {...rows}
      className="contacts"
      label="Contacts, newest first"
      columns={COLUMNS}
      cardHeight={84}
      hrefOf={(id) => href(`/campaigns/${campaignId}/contacts/${id}`)}
      cells={(contact, to) => <Cells contact={contact} href={to} />}
    />
  );
}

function Cells({ contact, href }: { contact: ContactRowFragment; href: string }) {
  const { e164, externalId, status, attempts, refusal, reason } = contact;
  const why = describeWaiting(contact) ?? refusal?.message ?? reason;
  return (
    <>
      <td className="col-contact">
        <Link href={href} tabIndex={-1} className="row-link">
          {formatPhoneNumber(e164)}
        </Link>
      </td>
      <td className="col-external-id muted">{externalId ?? "—"}</td>
      <td className="col-status">
        <ContactStatusBadge status={status} />
      </td>
      <td className="col-attempts">{describeAttempts(attempts)}</td>
      <td className="col-standing muted" title={why}>
        {why}
      </td>
    </>
  );
}
