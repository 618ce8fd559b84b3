import { useEffect } from "react";
import { useSubscription } from "urql";
import { ConversationsUpdatedDocument, type ConversationsUpdatedSubscription } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import { useLiveList } from "../lists/useLiveList";
import { SUBSCRIBED_EVENTS, useRefetchOn } from "../lists/useRefetch";
import { useSession } from "../session/Session";

const POLL_INTERVAL_MS = 5000;

type List = Pick<PageStore<never, never, never>, "pageCount" | "reload">;

/** Keeps the list up to date. The cache updates the conversations shown; a new one makes the list reload. */
export function useConversationChanges(ids: readonly string[], filtered: boolean, store: List) {
  const { organizationId, canRead } = useSession();
  const live = useLiveList(store, 1);
  useRefetchOn(store.reload, SUBSCRIBED_EVENTS);
  const [{ data }] = useSubscription(
    { query: ConversationsUpdatedDocument, variables: { organizationId, withAgents: canRead("AGENTS") } },
    (_before: unknown, { conversationsUpdated: { id } }: ConversationsUpdatedSubscription) => {
      if (filtered || !ids.includes(id)) live.scheduleReload();
      return id;
    },
  );
  usePolling(store, data !== undefined);
  return live;
}

/** Polls a list of one page while the tab is visible, until the subscription delivers. */
function usePolling(store: List, subscribed: boolean): void {
  useEffect(() => {
    if (subscribed) return;
    const ask = () => document.visibilityState === "visible" && store.pageCount === 1 && void store.reload();
    const timer = setInterval(ask, POLL_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [store, subscribed]);
}
