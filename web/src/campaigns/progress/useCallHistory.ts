import { useMemo } from "react";
import { useQuery } from "urql";
import { CampaignCallHistoryDocument, type CampaignCallHistoryQueryVariables } from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { MINUTE_MS, PLOTTED_MINUTES, type Sample } from "./callRate";

/** Counts the calls of each of the last minutes before a time, if the key may read conversations. */
export function useCallHistory(campaignId: string, until: number): readonly Sample[] {
  const { canRead, organizationId } = useSession();
  const variables = useMemo(
    () => ({ organizationId, campaignId, ...boundaries(until) }),
    [organizationId, campaignId, until],
  );
  const [{ data }] = useQuery({
    query: CampaignCallHistoryDocument,
    variables,
    pause: !canRead("CONVERSATIONS"),
    requestPolicy: "network-only",
  });
  return useMemo(() => (data ? samplesOf(data, until) : []), [data, until]);
}

/** Returns the times between which calls are counted, as the variables `t0` to `t20`. */
export function boundaries(until: number): CampaignCallHistoryQueryVariables {
  const times = Array.from({ length: PLOTTED_MINUTES + 1 }, (_, index) => timeOf(index, until));
  return Object.fromEntries(times.map((at, index) => [`t${index}`, new Date(at).toISOString()]));
}

/** Reads the counts `m1` to `m20`: each is that of the minute before its boundary. */
export function samplesOf(counts: object, until: number): readonly Sample[] {
  return Object.entries(counts)
    .filter(([name]) => /^m\d+$/.test(name))
    .map(([name, { totalCount }]) => ({ at: timeOf(Number(name.slice(1)), until), calls: Number(totalCount) }));
}

function timeOf(index: number, until: number): number {
  return until - (PLOTTED_MINUTES - index) * MINUTE_MS;
}
