import type { CombinedError } from "urql";

export interface PageArguments {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

export interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor?: string | null;
  endCursor?: string | null;
}

export interface Connection<Node> {
  nodes: Node[];
  pageInfo: PageInfo;
}

export interface Page<Node> {
  /** Identifies the page in the address, and does not change. */
  anchor: PageArguments;
  /** The arguments it is queried with. They change when rows are added to the page before it. */
  args: PageArguments;
  connection?: Connection<Node>;
  error?: CombinedError | undefined;
  /** Stops watching the cache; null if it is not watched. */
  unsubscribe: (() => void) | null;
}

/** The row at which a page begins. */
export interface PageStart {
  index: number;
  page: PageArguments;
  info: PageInfo | null;
}

export interface Snapshot<Node> {
  nodes: readonly Node[];
  starts: readonly PageStart[];
  /** The page info of the first and the last loaded page. */
  before: PageInfo | null;
  after: PageInfo | null;
  loading: boolean;
  error: CombinedError | null;
}

export function isSamePage(one: PageArguments, other: PageArguments): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function summarize<Node extends { id: string }>(pages: readonly Page<Node>[]): Snapshot<Node> {
  const nodes = new Map<string, Node>();
  const starts: PageStart[] = [];
  for (const { connection, anchor } of pages) {
    starts.push({ index: nodes.size, page: anchor, info: connection?.pageInfo ?? null });
    connection?.nodes.forEach((node) => nodes.set(node.id, node));
  }
  return {
    nodes: [...nodes.values()],
    starts,
    before: starts.find(({ info }) => info)?.info ?? null,
    after: starts.findLast(({ info }) => info)?.info ?? null,
    loading: pages.some((page) => !page.connection && !page.error),
    error: pages.find((page) => page.error)?.error ?? null,
  };
}
