import { useEffect, useRef, useSyncExternalStore } from "react";
import { type Client, useClient } from "urql";
import { type PageArguments, type Snapshot } from "./pages";
import { type ListSource, PageStore } from "./PageStore";
import { useMissed } from "./useMissed";

type Source<Data, Variables extends object, Node extends { id: string }> = Omit<
  ListSource<Data, Variables, Node>,
  "client"
>;

/** A list that grows page by page from where the address says; another one replaces it only once it is there. */
export function usePages<Data, Variables extends object, Node extends { id: string }>(
  source: Source<Data, Variables, Node>,
  anchor: PageArguments,
) {
  const client = useClient();
  const store = useStore(client, source, anchor);
  const fresh = useSyncExternalStore(store.listen, store.snapshot);
  useEffect(() => store.open(), [store]);
  useMissed(store.reload);

  const shown = useRef<{ client: Client; list: object; snapshot: Snapshot<Node> } | null>(null);
  const waiting = fresh.loading && fresh.nodes.length === 0;
  if (!waiting) shown.current = { client, list: store, snapshot: fresh };
  const kept = waiting && shown.current?.client === client ? shown.current : null;
  return { store, snapshot: kept?.snapshot ?? fresh, shown: kept?.list ?? store, waiting: kept !== null };
}

/** The same store for as long as the list is the same and the address points at a page that it has. */
function useStore<Data, Variables extends object, Node extends { id: string }>(
  client: Client,
  source: Source<Data, Variables, Node>,
  anchor: PageArguments,
): PageStore<Data, Variables, Node> {
  const key = JSON.stringify([source.variables, source.size]);
  const held = useRef<{ client: Client; key: string; store: PageStore<Data, Variables, Node> } | null>(null);
  if (held.current?.client !== client || held.current.key !== key || !held.current.store.has(anchor)) {
    held.current = { client, key, store: new PageStore({ client, ...source }, anchor) };
  }
  return held.current.store;
}
