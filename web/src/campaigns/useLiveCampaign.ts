import { useCallback, useEffect } from "react";
import { useQuery, useSubscription } from "urql";
import { CampaignDocument, CampaignUpdatedDocument } from "../generated/graphql";
import { useRefetchAfterSubscribe } from "../lists/useRefetch";
import { useSession } from "../session/Session";
import { isEnded } from "./labels";

const POLL_INTERVAL_MS = 5000;

/** Reads a campaign and keeps it up to date: by its subscription, and by polling while it runs in case the socket is down. */
export function useLiveCampaign(id: string) {
  const { canRead } = useSession();
  const variables = { id, withAgents: canRead("AGENTS"), withNumbers: canRead("PHONE_NUMBERS") };
  const [{ data, error, fetching }, read] = useQuery({
    query: CampaignDocument,
    variables,
    requestPolicy: "cache-and-network",
  });
  const campaign = data?.campaign;
  const refetch = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  useSubscription({ query: CampaignUpdatedDocument, variables, pause: !campaign || isEnded(campaign.status) });
  useRefetchAfterSubscribe(fetching, refetch);
  const runs = campaign?.status === "RUNNING";
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(refetch, POLL_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [runs, refetch]);
  return { campaign, error, fetching, refetch };
}
