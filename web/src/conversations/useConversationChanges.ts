import { useEffect } from "react";
import { useSubscription } from "urql";
import { ConversationsUpdatedDocument, type ConversationsUpdatedSubscription } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import { useLiveList } from "../lists/useLiveList";
import { BEGAN, useMissed } from "../lists/useMissed";
import { useSession } from "../session/Session";

const LOOKS_AGAIN = 5000;

type List = Pick<PageStore<never, never, never>, "pageCount" | "reload">;

/** The cache redraws what is shown; a conversation that is new here has the first page asked again. */
export function useConversationChanges(ids: readonly string[], filtered: boolean, store: List) {
  const { organizationId, reads } = useSession();
  const live = useLiveList(store, 1);
  useMissed(store.reload, BEGAN);
  const [{ data }] = useSubscription(
    { query: ConversationsUpdatedDocument, variables: { organizationId, withAgents: reads("AGENTS") } },
    (_before: unknown, { conversationsUpdated: { id } }: ConversationsUpdatedSubscription) => {
      if (filtered || !ids.includes(id)) live.consider();
      return id;
    },
  );
  useAskedNowAndThen(store, data !== undefined);
  return live;
}

/** In case there is no socket: a list that is short enough is asked again while somebody looks at it. */
function useAskedNowAndThen(store: List, told: boolean): void {
  useEffect(() => {
    if (told) return;
    const ask = () => document.visibilityState === "visible" && store.pageCount === 1 && void store.reload();
    const timer = setInterval(ask, LOOKS_AGAIN);
    return () => clearInterval(timer);
  }, [store, told]);
}
