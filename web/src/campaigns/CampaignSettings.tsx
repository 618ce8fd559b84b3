import type { CampaignSettingsFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { formatDateTime } from "../time";
import { OUTCOME_LABELS, formatCount } from "./labels";
import { describeWindow, formatDelay } from "./windows";

/** What a campaign was set up with, in words. */
export function CampaignSettings({ campaign }: { campaign: CampaignSettingsFragment }) {
  const { agentVersion, windows, closedDates, defaultTimeZone, retries, startsAt, endsAt, initialContext } = campaign;
  return (
    <section aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <dl className="details">
        {agentVersion !== undefined && (
          <Detail name="Agent">
            {agentVersion
              ? `${agentVersion.agent.name} v${agentVersion.number}`
              : "The one of the number it calls from"}
          </Detail>
        )}
        <Detail name="Numbers">{describeNumbers(campaign)}</Detail>
        <Detail name="Hours">
          {windows.map((window, index) => (
            <div key={index}>{describeWindow(window)}</div>
          ))}
        </Detail>
        {closedDates.length > 0 && <Detail name="Closed on">{closedDates.join(", ")}</Detail>}
        <Detail name="Time zone">
          The contact’s own or its number’s{defaultTimeZone ? `, else ${defaultTimeZone}` : ""}
        </Detail>
        <Detail name="Retries">
          At most {formatCount(retries.maxAttempts, "attempt")}
          {retries.delays
            .filter(({ minutes }) => minutes > 0)
            .map(({ outcome, minutes }) => (
              <div key={outcome} className="muted">
                {OUTCOME_LABELS[outcome]}: again after {formatDelay(minutes)}
              </div>
            ))}
        </Detail>
        <Detail name="Pace">
          At most {formatCount(campaign.maxConcurrentCalls, "call")} at once
          {campaign.callsPerMinute ? `, ${campaign.callsPerMinute.toLocaleString("en")} a minute` : ""}
        </Detail>
        {startsAt && <Detail name="Starts">{formatDateTime(startsAt)}</Detail>}
        {endsAt && <Detail name="Ends">{formatDateTime(endsAt)}</Detail>}
        {initialContext && <Detail name="Context">{initialContext}</Detail>}
      </dl>
    </section>
  );
}

function describeNumbers({ pool, agentNumber }: CampaignSettingsFragment): string {
  if (pool.length) return pool.map(({ e164 }) => formatPhoneNumber(e164)).join(", ");
  return agentNumber ? formatPhoneNumber(agentNumber) : "The one that the agent is bound to";
}

function Detail({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
