import type { CampaignPreviewQuery } from "../../generated/graphql";
import { formatCount, WAIT_LABELS } from "../labels";

export type Preview = NonNullable<CampaignPreviewQuery["campaign"]>["preview"];

/** Formats a time with its weekday, in the reader's time zone or another. */
export function formatMoment(iso: string, timeZone?: string): string {
  return new Intl.DateTimeFormat("en", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(timeZone && { timeZone }),
  }).format(new Date(iso));
}

/** Says when calls may start in a zone, in its own time; `zones` are several, joined by commas, where it may be any of them. */
export function describeOpening(opensAt: string | null | undefined, at: string, zones: string): string {
  if (!opensAt) return "does not open before the end";
  if (Date.parse(opensAt) <= Date.parse(at)) return "open now";
  const [zone = "", ...others] = zones.split(",");
  return `opens ${formatMoment(opensAt, zone)}${others.length ? ` in ${zoneName(zone)}` : " there"}`;
}

/** Writes IANA names as people do: “New York”, or “Indiana/Knox”. */
export function zoneName(zones: string): string {
  return zones
    .split(",")
    .map((zone) => zone.replace(/^[A-Za-z]+\//, "").replaceAll("_", " "))
    .join(", ");
}

/** Says when the campaign ends, and what decides it. */
export function describeEnd({ dialable, estimatedEnd, limitedBy, assumptions }: Preview): string {
  if (dialable === 0) return "Nobody would be called.";
  if (!estimatedEnd) return "It would take longer than a year, or the end cannot be told.";
  const decides = limitedBy ? ` What decides it: ${WAIT_LABELS[limitedBy]}.` : "";
  const rate = Math.round(assumptions.answerRate * 100);
  return `Everybody has been called by ${formatMoment(estimatedEnd)}, if ${rate} % answer and a call takes ${formatCount(assumptions.secondsOfACall, "second")}.${decides}`;
}
