import { Link } from "wouter";
import type { CampaignRowFragment } from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { ContactStatusBar } from "../ContactStatusBar";
import { CONTACT_STATUS_LABELS, formatCount } from "../labels";
import { finishedShare, formatShare, funnelSteps } from "./funnel";

/** The contacts of a campaign by their status; each step leads to those who are in it. */
export function Funnel({ campaign: { id, statistics } }: { campaign: CampaignRowFragment }) {
  const { href } = useSession();
  const contacts = `/campaigns/${id}/contacts`;
  return (
    <section className="funnel" aria-labelledby="progress">
      <header className="funnel-head">
        <h2 id="progress">Progress</h2>
        <span className="muted">
          {formatShare(finishedShare(statistics))} of {formatCount(statistics.contacts, "contact")} done
        </span>
        <Link className="funnel-all" href={href(contacts)}>
          All contacts
        </Link>
      </header>
      <ContactStatusBar statistics={statistics} />
      <ol className="funnel-steps" aria-label="Contacts by status">
        {funnelSteps(statistics).map((step) => (
          <li key={step.status} data-status={step.status} data-none={step.contacts === 0}>
            <Link className="funnel-step" href={href(contacts, { status: step.status })}>
              <span className="funnel-name">{CONTACT_STATUS_LABELS[step.status]}</span>
              <strong className="funnel-count">{step.contacts.toLocaleString("en")}</strong>
              <span className="muted small">{formatShare(step.share)}</span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
