import { useCallback, useEffect } from "react";
import { useQuery, useSubscription } from "urql";
import { CampaignUpdatedDocument, ContactDocument, type ContactQuery } from "../../generated/graphql";
import { useRefetchAfterSubscribe } from "../../lists/useRefetch";
import { useSession } from "../../session/Session";
import { isEnded } from "../labels";

const POLL_INTERVAL_MS = 5000;

export type LiveContact = Extract<NonNullable<ContactQuery["node"]>, { __typename: "Contact" }>;

/** Reads a contact and keeps it up to date while its campaign goes on: after what the campaign tells, and by polling. */
export function useLiveContact(campaignId: string, id: string) {
  const { canRead } = useSession();
  const reads = { withNumbers: canRead("PHONE_NUMBERS"), withAgents: canRead("AGENTS") };
  const [{ data, error, fetching }, read] = useQuery({
    query: ContactDocument,
    variables: { id, withConversations: canRead("CONVERSATIONS"), ...reads },
    requestPolicy: "cache-and-network",
  });
  const contact = contactOf(data, campaignId);
  const refetch = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const goesOn = Boolean(contact && !isEnded(contact.campaign.status));
  const variables = { id: campaignId, ...reads };
  useSubscription({ query: CampaignUpdatedDocument, variables, pause: !goesOn }, (before: number = 0) => {
    refetch();
    return before + 1;
  });
  useRefetchAfterSubscribe(fetching, refetch);
  const changes =
    contact?.status === "IN_CALL" || (contact?.status === "PENDING" && contact.campaign.status === "RUNNING");
  useEffect(() => {
    if (!changes) return;
    const timer = setInterval(refetch, POLL_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [changes, refetch]);
  return { contact, error, fetching, refetch };
}

/** Returns the contact of an answer; null if there is none in this campaign, undefined if there is no answer yet. */
function contactOf(data: ContactQuery | undefined, campaignId: string): LiveContact | null | undefined {
  if (!data) return undefined;
  const { node } = data;
  return node?.__typename === "Contact" && node.campaign.id === campaignId ? node : null;
}
