import { type CombinedError, type TypedDocumentNode, useQuery } from "urql";
import { EntityNameDocument } from "../generated/graphql";
import type { Connection } from "../lists/pages";
import { usePages } from "../lists/usePages";
import { useSession } from "../session/Session";

export interface EntityOption {
  id: string;
  name: string;
  note?: string;
}

export interface EntityOptions {
  items: readonly EntityOption[];
  loading: boolean;
  /** Set if the options could not be loaded. */
  error: CombinedError | null;
  retry: () => void;
  /** Loads the next page; null on the last one. */
  loadMore: (() => void) | null;
}

interface Source<Data, Node extends { id: string }> {
  document: TypedDocumentNode<Data, { organizationId?: string | null; first?: number | null; after?: string | null }>;
  select: (data: Data) => Connection<Node>;
  toOption: (node: Node) => EntityOption | null;
}

const PAGE_SIZE = 100;
const FIRST_PAGE = { first: PAGE_SIZE };

/** Returns the options loaded so far, a hundred a page, and the chosen one even if its page is not loaded yet. */
export function useEntityOptions<Data, Node extends { id: string }>(
  source: Source<Data, Node>,
  chosen: string,
): EntityOptions {
  const { organizationId } = useSession();
  const { document, select, toOption } = source;
  const { snapshot, store } = usePages(
    { document, select, variables: { organizationId }, size: PAGE_SIZE },
    FIRST_PAGE,
  );
  const items = snapshot.nodes.map(toOption).filter((one) => one !== null);
  const missing = chosen !== "" && !items.some(({ id }) => id === chosen);
  const [{ data }] = useQuery({ query: EntityNameDocument, variables: { id: chosen }, pause: !missing });
  const node = data?.node;
  const name = node && "name" in node && node.id === chosen ? node.name : "Unknown";
  return {
    items: missing && (data || snapshot.error) ? [{ id: chosen, name }, ...items] : items,
    loading: snapshot.loading,
    error: snapshot.error,
    retry: () => void store.reload(),
    loadMore: snapshot.after?.hasNextPage ? store.loadMore : null,
  };
}
