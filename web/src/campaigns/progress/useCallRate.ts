import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { CampaignRowFragment } from "../../generated/graphql";
import { isEnded } from "../labels";
import { joinSamples, type Period, plottedPeriod, type Sample, withSample } from "./callRate";
import { useCallHistory } from "./useCallHistory";

const INTERVAL_MS = 5000;
const NONE: readonly Sample[] = [];
// Kept while the tab is open, so that the plot is there again when one comes back to the campaign.
const samplesByCampaign = new Map<string, readonly Sample[]>();
const listeners = new Set<() => void>();

function record(campaignId: string, calls: number): void {
  const samples = samplesByCampaign.get(campaignId) ?? NONE;
  samplesByCampaign.set(campaignId, withSample(samples, { at: Date.now(), calls }));
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows how many calls a campaign starts in a minute, and returns it with what is plotted of it. */
export function useCallRate(campaign: CampaignRowFragment): { samples: readonly Sample[]; period: Period } {
  const { id, status, endedAt, startedAt, statistics } = campaign;
  const [openedAt] = useState(Date.now);
  const ended = isEnded(status);
  useRecording(id, statistics.callsLastMinute, !ended);
  const live = useSyncExternalStore(
    subscribe,
    useCallback(() => samplesByCampaign.get(id) ?? NONE, [id]),
  );
  const until = endedAt ? Date.parse(endedAt) : openedAt;
  const samples = joinSamples(useCallHistory(id, until), live);
  const last = ended ? until : Math.max(openedAt, live.at(-1)?.at ?? 0);
  return { samples, period: plottedPeriod(last, startedAt ? Date.parse(startedAt) : last) };
}

/** Records the calls of the last minute whenever they change, and every few seconds while they stay. */
function useRecording(campaignId: string, calls: number, active: boolean): void {
  useEffect(() => {
    if (!active) return;
    record(campaignId, calls);
    const timer = setInterval(() => record(campaignId, calls), INTERVAL_MS);
    return () => clearInterval(timer);
  }, [campaignId, calls, active]);
}
