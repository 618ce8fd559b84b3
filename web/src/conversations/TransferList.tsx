import type { ConversationQuery, TransferStatus } from "../generated/graphql";
import { formatPhoneNumber, formatTarget } from "../phoneNumber";
import { RelativeTime } from "../shell/RelativeTime";

type Transfer = NonNullable<ConversationQuery["conversation"]>["transfers"][number];

const TRANSFER_STATUS_LABELS: Record<TransferStatus, string> = {
  REQUESTED: "Requested",
  RINGING: "Ringing",
  COMPLETED: "Completed",
  FAILED: "Failed",
};

const CALLER_ID_VERBS: Record<TransferStatus, string> = {
  REQUESTED: "is to see",
  RINGING: "sees",
  COMPLETED: "saw",
  FAILED: "was to see",
};

export function TransferList({ transfers }: { transfers: readonly Transfer[] }) {
  return (
    <section aria-labelledby="transfers">
      <h2 id="transfers">Transfers</h2>
      {transfers.length === 0 && <p className="muted">None so far.</p>}
      {transfers.length > 0 && (
        <ul className="transfers">
          {transfers.map((transfer) => (
            <li key={transfer.id} className="panel">
              <strong>{kindLabel(transfer.kind)}</strong> to {formatTarget(transfer.transferNumber)}:{" "}
              {TRANSFER_STATUS_LABELS[transfer.status]}
              {transfer.sipStatus ? ` (${transfer.sipStatus})` : ""}. The third party {CALLER_ID_VERBS[transfer.status]}{" "}
              <strong>{transfer.callerId ? formatPhoneNumber(transfer.callerId) : "a withheld number"}</strong>
              {transfer.displayedNumber && <span className="muted"> as asked for with {transfer.displayedNumber}</span>}
              . <RelativeTime at={transfer.createdAt} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Shows the status of the latest transfer. */
export function LatestTransferStatus({
  transfer: { kind, status, sipStatus, transferNumber },
}: {
  transfer: Transfer;
}) {
  const code = sipStatus && sipStatus >= 300 ? ` (${sipStatus})` : "";
  return (
    <p className="transfer-state" data-status={status} role="status">
      {kindLabel(kind)} transfer to {formatTarget(transferNumber)}: {TRANSFER_STATUS_LABELS[status].toLowerCase()}
      {code}
    </p>
  );
}

export function kindLabel(kind: string): string {
  return kind[0] + kind.slice(1).toLowerCase();
}
