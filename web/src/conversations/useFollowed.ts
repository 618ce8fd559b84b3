import { useEffect } from "react";
import { useClient, useQuery, useSubscription } from "urql";
import {
  ConversationStatusDocument,
  ConversationUpdatedDocument,
  type ConversationRowFragment,
} from "../generated/graphql";
import { useSession } from "../session/Session";
import { isLive } from "./words";

const LOOKS_AGAIN = 4000;

/** A conversation as it is now: told by the socket, and asked now and then in case there is none. */
export function useFollowed(conversation: ConversationRowFragment): ConversationRowFragment {
  const { reads } = useSession();
  const client = useClient();
  const variables = { id: conversation.id, withAgents: reads("AGENTS") };
  const [{ data }] = useQuery({ query: ConversationStatusDocument, variables, requestPolicy: "cache-first" });
  const current = data?.conversation ?? conversation;
  const live = isLive(current.status);
  useSubscription({ query: ConversationUpdatedDocument, variables, pause: !live });

  useEffect(() => {
    if (!live) return;
    const ask = () =>
      void client.query(ConversationStatusDocument, variables, { requestPolicy: "network-only" }).toPromise();
    const timer = setInterval(ask, LOOKS_AGAIN);
    return () => clearInterval(timer);
  }, [client, conversation.id, live]);

  return current;
}
