import { useEffect, useState, useSyncExternalStore } from "react";
import { type Client, useClient } from "urql";
import { type PageArguments, type Snapshot } from "./pages";
import { type ListSource, PageStore } from "./PageStore";
import { useRefetchOn } from "./useRefetch";

type Source<Data, Variables extends object, Node extends { id: string }> = Omit<
  ListSource<Data, Variables, Node>,
  "client"
>;

interface ShownList<Node> {
  client: Client;
  list: object;
  snapshot: Snapshot<Node>;
}

/** A list that grows page by page, starting at `anchor`. When its filters change, the old rows stay until new ones load. */
export function usePages<Data, Variables extends object, Node extends { id: string }>(
  source: Source<Data, Variables, Node>,
  anchor: PageArguments,
) {
  const client = useClient();
  const store = usePageStore(client, source, anchor);
  const fresh = useSyncExternalStore(store.subscribe, store.getSnapshot);
  useEffect(() => store.open(), [store]);
  useRefetchOn(store.reload);

  const [lastShown, setLastShown] = useState<ShownList<Node> | null>(null);
  const isLoading = fresh.loading && fresh.nodes.length === 0;
  if (!isLoading && (lastShown?.list !== store || lastShown.snapshot !== fresh)) {
    setLastShown({ client, list: store, snapshot: fresh });
  }
  const kept = isLoading && lastShown?.client === client ? lastShown : null;
  return { store, snapshot: kept?.snapshot ?? fresh, shownList: kept?.list ?? store, isStale: kept !== null };
}

/** Keeps the same store for as long as the list is the same and the address points at a page in it. */
function usePageStore<Data, Variables extends object, Node extends { id: string }>(
  client: Client,
  source: Source<Data, Variables, Node>,
  anchor: PageArguments,
): PageStore<Data, Variables, Node> {
  const key = JSON.stringify([source.variables, source.size]);
  const create = () => ({ client, key, store: new PageStore({ client, ...source }, anchor) });
  const [held, setHeld] = useState(create);
  if (held.client === client && held.key === key && held.store.hasPage(anchor)) return held.store;
  const next = create();
  setHeld(next);
  return next.store;
}
