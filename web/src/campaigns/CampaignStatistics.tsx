import type { CampaignRowFragment } from "../generated/graphql";
import { RelativeTime } from "../shell/RelativeTime";
import { inOrder } from "./ContactStatusBar";
import { CONTACT_STATUS_LABELS, OUTCOME_LABELS, WAIT_LABELS } from "./labels";

/** A campaign's counts: its contacts by status, its attempts by outcome, and what limits it. */
export function CampaignStatistics({ campaign: { statistics, status, startedAt } }: { campaign: CampaignRowFragment }) {
  return (
    <section aria-labelledby="statistics">
      <h2 id="statistics">Progress</h2>
      <dl className="details">
        <Detail name="Contacts">{statistics.contacts.toLocaleString("en")}</Detail>
        {inOrder(statistics.byStatus).map(([one, count]) => (
          <Detail key={one} name={CONTACT_STATUS_LABELS[one]}>
            {count.toLocaleString("en")}
          </Detail>
        ))}
        <Detail name="Calls made">{statistics.attempts.toLocaleString("en")}</Detail>
        {statistics.byOutcome.map(({ outcome, attempts }) => (
          <Detail key={outcome} name={OUTCOME_LABELS[outcome]}>
            {attempts.toLocaleString("en")}
          </Detail>
        ))}
        <Detail name="Live calls">{statistics.liveCalls.toLocaleString("en")}</Detail>
        {status === "RUNNING" && statistics.limitedBy && (
          <Detail name="Limited by">{WAIT_LABELS[statistics.limitedBy]}</Detail>
        )}
        {startedAt && (
          <Detail name="Started">
            <RelativeTime at={startedAt} />
          </Detail>
        )}
      </dl>
    </section>
  );
}

function Detail({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
