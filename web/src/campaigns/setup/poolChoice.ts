import type { CampaignSettingsFragment, PoolNumberInput } from "../../generated/graphql";

/** The numbers chosen for a pool with their caps, as they are typed: an empty cap of calls at once is none. */
export type PoolChoice = ReadonlyMap<string, { callsPerDay: string; atOnce: string }>;

export const DEFAULT_CALLS_PER_DAY = 100;
export const MAX_POOL_NUMBERS = 100;

export function readPool(pool: CampaignSettingsFragment["pool"]): PoolChoice {
  return new Map(
    pool.map(({ e164, callsPerDay, maxConcurrentCalls }) => [
      e164,
      { callsPerDay: String(callsPerDay), atOnce: maxConcurrentCalls ? String(maxConcurrentCalls) : "" },
    ]),
  );
}

export function withNumber(pool: PoolChoice, e164: string, chosen: boolean): PoolChoice {
  const next = new Map(pool);
  if (chosen) next.set(e164, { callsPerDay: String(DEFAULT_CALLS_PER_DAY), atOnce: "" });
  else next.delete(e164);
  return next;
}

export function poolInput(pool: PoolChoice): PoolNumberInput[] {
  return [...pool].map(([e164, { callsPerDay, atOnce }]) => ({
    e164,
    callsPerDay: Number(callsPerDay) || DEFAULT_CALLS_PER_DAY,
    maxConcurrentCalls: Number(atOnce) || null,
  }));
}

/** Says how many calls a pool makes in a day at most. */
export function describePool(pool: PoolChoice): string {
  const calls = poolInput(pool).reduce((sum, { callsPerDay }) => sum + (callsPerDay ?? 0), 0);
  if (pool.size === 0) return "No number is chosen yet: that of the agent would be taken.";
  const numbers = pool.size === 1 ? "1 number" : `${pool.size.toLocaleString("en")} numbers`;
  return `${numbers}, which make at most ${calls.toLocaleString("en")} calls in any 24 hours.`;
}
