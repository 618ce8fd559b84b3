import type { CampaignRowFragment, ContactStatus } from "../../generated/graphql";

type Statistics = Pick<CampaignRowFragment["statistics"], "contacts" | "byStatus">;

export interface FunnelStep {
  status: ContactStatus;
  contacts: number;
  /** Its part of all contacts, from 0 to 1. */
  share: number;
}

/** Where contacts come from, where they are, and where they end; the others are shown only if there are any. */
const STEPS: readonly ContactStatus[] = ["PENDING", "IN_CALL", "REACHED", "EXHAUSTED", "REFUSED"];
const RARE_STEPS: readonly ContactStatus[] = ["EXPIRED", "REMOVED"];

/** Returns the steps of a campaign's funnel with their contacts. */
export function funnelSteps({ contacts, byStatus }: Statistics): readonly FunnelStep[] {
  const counts = new Map(byStatus.map((one) => [one.status, one.contacts]));
  const shown = [...STEPS, ...RARE_STEPS.filter((status) => counts.get(status))];
  return shown.map((status) => {
    const count = counts.get(status) ?? 0;
    return { status, contacts: count, share: contacts ? count / contacts : 0 };
  });
}

/** Returns the part of the contacts for whom nothing is left to do, from 0 to 1. */
export function finishedShare({ contacts, byStatus }: Statistics): number {
  const open = byStatus.filter(({ status }) => status === "PENDING" || status === "IN_CALL");
  const left = open.reduce((sum, one) => sum + one.contacts, 0);
  return contacts ? (contacts - left) / contacts : 0;
}

/** Formats a part of a whole; what is not nothing is never 0 %, and what is not all never 100 %. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.01) return "< 1 %";
  if (share > 0.99 && share < 1) return "> 99 %";
  return `${Math.round(share * 100)} %`;
}
