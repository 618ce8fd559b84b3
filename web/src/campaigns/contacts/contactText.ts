import type { ContactRowFragment, TimeZoneOrigin, WaitReason } from "../../generated/graphql";
import { formatMinute } from "../../time";
import { formatCount, OUTCOME_LABELS } from "../labels";

/** What a contact waits for, after “Waits for”. */
export const CONTACT_WAIT_LABELS: Record<WaitReason, string> = {
  CAMPAIGN: "its campaign to run",
  START: "its start",
  WINDOW: "calling hours",
  RETRY: "its retry",
  ATTEMPT_LIMIT: "the limit of attempts in a day",
  NUMBER: "a number below its caps",
  TRUNK: "room on the trunk",
  BUDGET: "room in the call budget",
  PACE: "its turn, by the campaign’s pace",
};

export const ZONE_ORIGIN_LABELS: Record<TimeZoneOrigin, string> = {
  CONTACT: "its own",
  NUMBER: "by its number",
  CAMPAIGN: "the campaign’s default",
};

type Waiting = Pick<ContactRowFragment, "waitsFor" | "waitsUntil">;

/** Describes what a contact waits for and until when; null where it waits for nothing. */
export function describeWaiting({ waitsFor, waitsUntil }: Waiting): string | null {
  if (!waitsFor) return null;
  return `Waits for ${CONTACT_WAIT_LABELS[waitsFor]}${waitsUntil ? `, until ${formatMinute(waitsUntil)}` : ""}`;
}

/** Describes how many attempts there were and what the last came to, as in “2 attempts, Busy”. */
export function describeAttempts(attempts: ContactRowFragment["attempts"]): string {
  const last = attempts.at(-1);
  if (!last) return "No attempt yet";
  return `${formatCount(attempts.length, "attempt")}${last.outcome ? `, ${OUTCOME_LABELS[last.outcome]}` : ""}`;
}

/** Formats a time as clocks in a time zone show it, with the zone's name; null where the browser does not know the zone. */
export function formatInZone(iso: string, timeZone: string): string | null {
  try {
    const options = { weekday: "short", hour: "numeric", minute: "2-digit", timeZone } as const;
    return `${new Intl.DateTimeFormat("en", options).format(new Date(iso))} in ${timeZone}`;
  } catch {
    return null;
  }
}
