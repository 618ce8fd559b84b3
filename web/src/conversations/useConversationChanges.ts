import { useEffect, useRef, useState } from "react";
import { useSubscription } from "urql";
import { ConversationsUpdatedDocument } from "../generated/graphql";
import { useSession } from "../session/Session";

const PAUSE = 250;
const LOOKS_AGAIN = 5000;

interface List {
  pageCount: number;
  reload: () => Promise<void>;
}

/** The cache redraws what is shown; a conversation that is new has the first page asked again. */
export function useConversationChanges(ids: readonly string[], store: List) {
  const { organizationId, reads } = useSession();
  const [outdated, setOutdated] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [{ data }] = useSubscription({
    query: ConversationsUpdatedDocument,
    variables: { organizationId, withAgents: reads("AGENTS") },
  });
  const changed = data?.conversationsUpdated;

  useEffect(() => {
    if (!changed || ids.includes(changed.id)) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (store.pageCount === 1 ? void store.reload() : setOutdated(true)), PAUSE);
  }, [changed]);

  useAskedNowAndThen(store, data !== undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const bringUpToDate = () => {
    setOutdated(false);
    void store.reload();
  };
  return { outdated, bringUpToDate };
}

/** In case there is no socket: a list that is short enough is asked again while somebody looks at it. */
function useAskedNowAndThen(store: List, told: boolean): void {
  useEffect(() => {
    if (told) return;
    const timer = setInterval(
      () => document.visibilityState === "visible" && store.pageCount === 1 && void store.reload(),
      LOOKS_AGAIN,
    );
    return () => clearInterval(timer);
  }, [store, told]);
}
