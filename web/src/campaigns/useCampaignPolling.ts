import { useEffect } from "react";
import type { CampaignRowFragment } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";

const RUNNING_INTERVAL_MS = 3000;
const IDLE_INTERVAL_MS = 15_000;

/** Reloads a list of one page while the tab is visible: often while one of its campaigns runs. */
export function useCampaignPolling(
  store: Pick<PageStore<never, never, never>, "pageCount" | "reload">,
  campaigns: readonly CampaignRowFragment[],
): void {
  const interval = campaigns.some(({ status }) => status === "RUNNING") ? RUNNING_INTERVAL_MS : IDLE_INTERVAL_MS;
  useEffect(() => {
    const ask = () => document.visibilityState === "visible" && store.pageCount === 1 && void store.reload();
    const timer = setInterval(ask, interval);
    return () => clearInterval(timer);
  }, [store, interval]);
}
