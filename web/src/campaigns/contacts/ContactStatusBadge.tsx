import type { ContactStatus } from "../../generated/graphql";
import { CONTACT_STATUS_LABELS } from "../labels";

export function ContactStatusBadge({ status }: { status: ContactStatus }) {
  return (
    <span className="status contact-status" data-status={status}>
      <span className="status-dot" aria-hidden="true" />
      {CONTACT_STATUS_LABELS[status]}
    </span>
  );
}
