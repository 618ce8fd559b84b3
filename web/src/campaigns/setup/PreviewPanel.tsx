import { formatPhoneNumber } from "../../phoneNumber";
import { formatCount } from "../labels";
import { BarTable } from "./BarTable";
import { Problems } from "./Problems";
import { describeEnd, describeOpening, type Preview, zoneName } from "./previewText";

/** A dry run as bars: the contacts by number, by time zone with its opening, and by refusal with its reason. */
export function PreviewPanel({ campaignId, preview }: { campaignId: string; preview: Preview }) {
  const { at, contacts, dialable, byNumber, byZone, refused, warnings, notReady } = preview;
  return (
    <>
      <section className="panel forecast" aria-label="What would happen">
        <p className="forecast-figure">
          <strong>{dialable.toLocaleString("en")}</strong>{" "}
          <span className="muted">of {formatCount(contacts, "contact")} would be called</span>
        </p>
        <span className="contact-bar large" aria-hidden="true">
          {dialable > 0 && <span data-status="REACHED" style={{ flexGrow: dialable }} />}
          {contacts > dialable && <span data-status="REFUSED" style={{ flexGrow: contacts - dialable }} />}
        </span>
        <p>{describeEnd(preview)}</p>
      </section>
      <Problems campaignId={campaignId} problems={notReady} title="Before it can start" />
      {warnings.length > 0 && (
        <ul className="warnings" aria-label="Warnings">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <div className="bar-tables">
        {byNumber.length > 0 && (
          <BarTable
            caption="By the number of their next call"
            of="Number"
            bars={byNumber.map(({ e164, contacts: count }) => ({ key: e164, label: formatPhoneNumber(e164), count }))}
          />
        )}
        {byZone.length > 0 && (
          <BarTable
            caption="By time zone"
            of="Time zone"
            tone="good"
            bars={byZone.map(({ timeZone, contacts: count, opensAt }) => ({
              key: timeZone,
              label: zoneName(timeZone),
              note: describeOpening(opensAt, at, timeZone),
              count,
            }))}
          />
        )}
        {refused.length > 0 && (
          <BarTable
            caption="Refused, and why"
            of="Reason"
            tone="bad"
            bars={refused.map(({ code, message, contacts: count }) => ({
              key: `${code} ${message}`,
              label: message,
              count,
            }))}
          />
        )}
      </div>
    </>
  );
}
