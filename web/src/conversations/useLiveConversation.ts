import { useCallback, useEffect } from "react";
import { useQuery, useSubscription } from "urql";
import {
  ConversationStatusDocument,
  ConversationUpdatedDocument,
  type ConversationRowFragment,
} from "../generated/graphql";
import { useRefetchAfterSubscribe } from "../lists/useRefetch";
import { useSession } from "../session/Session";
import { isLive } from "./labels";

const POLL_INTERVAL_MS = 4000;

/** Returns the current state of a conversation: subscribes to it while it is live, and polls in case the socket is down. */
export function useLiveConversation(conversation: ConversationRowFragment): ConversationRowFragment {
  const { canRead } = useSession();
  const variables = { id: conversation.id, withAgents: canRead("AGENTS") };
  const [{ data, fetching }, read] = useQuery({
    query: ConversationStatusDocument,
    variables,
    requestPolicy: "cache-first",
  });
  const current = data?.conversation ?? conversation;
  const live = isLive(current.status);
  const ask = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  useSubscription({ query: ConversationUpdatedDocument, variables, pause: !live });
  useRefetchAfterSubscribe(fetching, ask);

  useEffect(() => {
    if (!live) return;
    const timer = setInterval(ask, POLL_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [live, ask]);

  return current;
}
