import type { AttemptOutcome, ContactFilter, ContactStatus, WaitReason } from "../../generated/graphql";
import { CONTACT_STATUS_LABELS, OUTCOME_LABELS } from "../labels";
import { CONTACT_WAIT_LABELS } from "./contactText";

export const FILTER_PARAMS = ["status", "waitsFor", "outcome", "number", "externalId"] as const;

export function readContactFilter(search: URLSearchParams): ContactFilter {
  const filter: ContactFilter = {};
  const status = readStatuses(search);
  if (status.length) filter.status = status;
  const waitsFor = search.get("waitsFor") ?? "";
  if (Object.hasOwn(CONTACT_WAIT_LABELS, waitsFor)) filter.waitsFor = waitsFor as WaitReason;
  const outcome = search.get("outcome") ?? "";
  if (Object.hasOwn(OUTCOME_LABELS, outcome)) filter.outcome = outcome as AttemptOutcome;
  const number = search.get("number");
  if (number) filter.e164Contains = number;
  const externalId = search.get("externalId");
  if (externalId) filter.externalId = externalId;
  return filter;
}

/** Reads the statuses, of which there may be several: `status=REFUSED,EXPIRED`, or `status` more than once. */
function readStatuses(search: URLSearchParams): ContactStatus[] {
  const words = search.getAll("status").flatMap((value) => value.split(","));
  return [...new Set(words)].filter((word) => Object.hasOwn(CONTACT_STATUS_LABELS, word)) as ContactStatus[];
}

/** Returns the choice of the statuses in the address, and the choices there are: each status, and those in it together. */
export function statusChoice(search: URLSearchParams) {
  const chosen = readStatuses(search);
  const several = chosen.map((status) => CONTACT_STATUS_LABELS[status]).join(", ");
  const choices: (readonly [string, string])[] = Object.entries(CONTACT_STATUS_LABELS);
  return {
    value: chosen.join(",") || (search.get("status") ?? ""),
    choices: chosen.length > 1 ? [...choices, [chosen.join(","), several] as const] : choices,
  };
}
