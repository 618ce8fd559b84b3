import { type CombinedError, type TypedDocumentNode, useQuery } from "urql";
import { NameOfDocument } from "../generated/graphql";
import type { Connection } from "../lists/pages";
import { usePages } from "../lists/usePages";
import { useSession } from "../session/Session";

export interface Entry {
  id: string;
  name: string;
  note?: string;
}

export interface Entries {
  items: readonly Entry[];
  loading: boolean;
  /** Why they could not be loaded. */
  error: CombinedError | null;
  again: () => void;
  /** Loads the next ones, where there are any. */
  more: (() => void) | null;
}

interface Source<Data, Node extends { id: string }> {
  document: TypedDocumentNode<Data, { organizationId?: string | null; first?: number | null; after?: string | null }>;
  select: (data: Data) => Connection<Node>;
  entry: (node: Node) => Entry | null;
}

const SIZE = 100;
const FIRST = { first: SIZE };

/** What can be chosen, a hundred at a time, and what is chosen though its turn has not come. */
export function useEntries<Data, Node extends { id: string }>(source: Source<Data, Node>, chosen: string): Entries {
  const { organizationId } = useSession();
  const { document, select, entry } = source;
  const { snapshot, store } = usePages({ document, select, variables: { organizationId }, size: SIZE }, FIRST);
  const items = snapshot.nodes.map(entry).filter((one) => one !== null);
  const missing = chosen !== "" && !items.some(({ id }) => id === chosen);
  const [{ data }] = useQuery({ query: NameOfDocument, variables: { id: chosen }, pause: !missing });
  const node = data?.node;
  const name = node && "name" in node && node.id === chosen ? node.name : "Unknown";
  return {
    items: missing && (data || snapshot.error) ? [{ id: chosen, name }, ...items] : items,
    loading: snapshot.loading,
    error: snapshot.error,
    again: () => void store.reload(),
    more: snapshot.after?.hasNextPage ? store.loadMore : null,
  };
}
