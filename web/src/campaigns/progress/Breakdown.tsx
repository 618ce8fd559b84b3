import { Link } from "wouter";
import type { CampaignRowFragment } from "../../generated/graphql";
import { formatPhoneNumber } from "../../phoneNumber";
import { useSession } from "../../session/Session";
import { OUTCOME_LABELS } from "../labels";
import { BarTable } from "../setup/BarTable";
import { LIMITS } from "./limitText";
import { useWaiting } from "./useWaiting";

/** A campaign's figures as bars: what its contacts wait for, what its calls came to, and from which numbers it called. */
export function Breakdown({ campaign }: { campaign: CampaignRowFragment }) {
  const { byOutcome, byNumber } = campaign.statistics;
  return (
    <div className="breakdown">
      <Waiting campaign={campaign} />
      {byOutcome.length > 0 && (
        <BarTable
          caption="Calls by outcome"
          of="Outcome"
          counted="Calls"
          tone="good"
          bars={mostFirst(
            byOutcome.map(({ outcome, attempts }) => ({
              key: outcome,
              label: OUTCOME_LABELS[outcome],
              count: attempts,
            })),
          )}
        />
      )}
      {byNumber.length > 0 && (
        <BarTable
          caption="By the number that called last"
          of="Number"
          bars={mostFirst(
            byNumber.map(({ e164, contacts }) => ({ key: e164, label: formatPhoneNumber(e164), count: contacts })),
          )}
        />
      )}
    </div>
  );
}

function Waiting({ campaign: { id, status } }: { campaign: CampaignRowFragment }) {
  const { href } = useSession();
  const waiting = useWaiting(id, status === "RUNNING");
  if (waiting.length === 0) return null;
  return (
    <BarTable
      caption="What pending contacts wait for"
      of="They wait for"
      bars={waiting.map(([waitsFor, count]) => ({
        key: waitsFor,
        label: (
          <Link href={href(`/campaigns/${id}/contacts`, { status: "PENDING", waitsFor })}>
            {LIMITS[waitsFor].title}
          </Link>
        ),
        count,
      }))}
    />
  );
}

function mostFirst<Counted extends { count: number }>(bars: readonly Counted[]): readonly Counted[] {
  return [...bars].sort((one, other) => other.count - one.count);
}
