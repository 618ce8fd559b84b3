import { useEffect } from "react";
import { useQuery } from "urql";
import { CampaignWaitingDocument, type CampaignWaitingQuery, type WaitReason } from "../../generated/graphql";

const INTERVAL_MS = 5000;

/** Counts the contacts of a running campaign by what they wait for, anew every few seconds while the tab is visible. */
export function useWaiting(id: string, runs: boolean): readonly (readonly [WaitReason, number])[] {
  const [{ data }, read] = useQuery({
    query: CampaignWaitingDocument,
    variables: { id },
    pause: !runs,
    requestPolicy: "cache-and-network",
  });
  useEffect(() => {
    if (!runs) return;
    const ask = () => document.visibilityState === "visible" && read({ requestPolicy: "network-only" });
    const timer = setInterval(ask, INTERVAL_MS);
    return () => clearInterval(timer);
  }, [runs, read]);
  return runs && data?.campaign ? waitingCounts(data.campaign) : [];
}

/** Returns what is waited for with how many contacts wait for it, the most first. */
export function waitingCounts(
  counted: NonNullable<CampaignWaitingQuery["campaign"]>,
): readonly (readonly [WaitReason, number])[] {
  const { START, WINDOW, RETRY, ATTEMPT_LIMIT, NUMBER, TRUNK, BUDGET, PACE } = counted;
  const lists = { START, WINDOW, RETRY, ATTEMPT_LIMIT, NUMBER, TRUNK, BUDGET, PACE };
  return (Object.keys(lists) as (keyof typeof lists)[])
    .map((reason) => [reason, lists[reason].totalCount] as const)
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one);
}
