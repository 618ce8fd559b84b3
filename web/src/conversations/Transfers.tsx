import type { ConversationQuery, TransferStatus } from "../generated/graphql";
import { written } from "../phone";
import { Time } from "../shell/Time";

type Transfer = NonNullable<ConversationQuery["conversation"]>["transfers"][number];

const STATUSES: Record<TransferStatus, string> = {
  REQUESTED: "Requested",
  RINGING: "Ringing",
  COMPLETED: "Completed",
  FAILED: "Failed",
};

const SEES: Record<TransferStatus, string> = {
  REQUESTED: "is to see",
  RINGING: "sees",
  COMPLETED: "saw",
  FAILED: "was to see",
};

export function Transfers({ transfers }: { transfers: readonly Transfer[] }) {
  return (
    <section aria-labelledby="transfers">
      <h2 id="transfers">Transfers</h2>
      {transfers.length === 0 && <p className="quiet">None so far.</p>}
      {transfers.length > 0 && (
        <ul className="transfers">
          {transfers.map((transfer) => (
            <li key={transfer.id} className="panel">
              <strong>{transfer.kind[0] + transfer.kind.slice(1).toLowerCase()}</strong> to{" "}
              {target(transfer.transferNumber)}: {STATUSES[transfer.status]}
              {transfer.sipStatus ? ` (${transfer.sipStatus})` : ""}. The third party {SEES[transfer.status]}{" "}
              <strong>{transfer.callerId ? written(transfer.callerId) : "a withheld number"}</strong>
              {transfer.displayedNumber && <span className="quiet"> as asked for with {transfer.displayedNumber}</span>}
              . <Time at={transfer.createdAt} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function target(transferNumber: string): string {
  return transferNumber.startsWith("+") ? written(transferNumber) : transferNumber;
}
