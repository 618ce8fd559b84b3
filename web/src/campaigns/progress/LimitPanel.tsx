import type { ReactNode } from "react";
import { Link } from "wouter";
import type { CampaignQuery } from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { RelativeTime } from "../../shell/RelativeTime";
import { isEnded, PAUSE_REASON_LABELS } from "../labels";
import { formatMoment } from "../setup/previewText";
import { LIMITS } from "./limitText";
import { Meter } from "./Meter";

type Campaign = NonNullable<CampaignQuery["campaign"]>;

/** What decides how fast a campaign goes now, how much of its own limits is used, and when it ends. */
export function LimitPanel({ campaign }: { campaign: Campaign }) {
  const { statistics, maxConcurrentCalls, callsPerMinute, status } = campaign;
  const isLive = status === "RUNNING" || statistics.liveCalls > 0;
  return (
    <section className="limit" aria-labelledby="limit">
      <h2 id="limit">What decides now</h2>
      <Limit campaign={campaign} />
      {isLive && (
        <div className="limit-meters">
          <Meter label="Calls at once" value={statistics.liveCalls} most={maxConcurrentCalls} />
          <Meter label="Calls in the last minute" value={statistics.callsLastMinute} most={callsPerMinute ?? null} />
        </div>
      )}
      <Facts campaign={campaign} />
    </section>
  );
}

function Limit({ campaign: { id, status, pauseReason, statistics } }: { campaign: Campaign }) {
  const { canManage, href } = useSession();
  if (status !== "RUNNING") return <Says {...STANDSTILL[status]} why={whyPaused(pauseReason)} />;
  if (!statistics.limitedBy) return <Says title="Nothing" meaning="Nobody waits." />;
  const { change, ...limit } = LIMITS[statistics.limitedBy];
  return (
    <Says {...limit}>
      {change && canManage("CAMPAIGNS") && (
        <Link href={href(`/campaigns/${id}/setup`, { step: change.step })}>{change.text}</Link>
      )}
    </Says>
  );
}

/** Says why it paused itself; that somebody asked for it needs no words. */
function whyPaused(reason: Campaign["pauseReason"]): string | null {
  return reason && reason !== "ASKED" ? PAUSE_REASON_LABELS[reason] : null;
}

const STANDSTILL = {
  DRAFT: { title: "It is a draft", meaning: "Nobody is called until it is started." },
  PAUSED: { title: "It is paused", meaning: "Nobody is called until it is resumed; live calls go on." },
  COMPLETED: { title: "It is completed", meaning: "Nobody is left to call." },
  CANCELLED: { title: "It was cancelled", meaning: "Whom it had not reached has expired." },
};

interface SaysProps {
  title: string;
  meaning: string;
  why?: string | null;
  children?: ReactNode;
}

function Says({ title, meaning, why, children }: SaysProps) {
  return (
    <div className="limit-says">
      <strong>
        {title}
        {why && `: ${why}`}
      </strong>
      <p className="muted">
        {meaning} {children}
      </p>
    </div>
  );
}

function Facts({ campaign: { status, startedAt, startsAt, endsAt, endedAt, statistics } }: { campaign: Campaign }) {
  const end = isEnded(status) ? null : statistics.estimatedEnd;
  return (
    <dl className="limit-facts">
      {!isEnded(status) && startedAt && (
        <Fact name="Estimated end">{end ? formatMoment(end) : "Nobody can tell yet"}</Fact>
      )}
      {!startedAt && startsAt && <Fact name="Starts">{formatMoment(startsAt)}</Fact>}
      {startedAt && (
        <Fact name="Started">
          <RelativeTime at={startedAt} />
        </Fact>
      )}
      {endedAt ? (
        <Fact name="Ended">{formatMoment(endedAt)}</Fact>
      ) : (
        endsAt && <Fact name="Ends by">{formatMoment(endsAt)}</Fact>
      )}
      <Fact name="Calls made">{statistics.attempts.toLocaleString("en")}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
