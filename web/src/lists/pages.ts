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
  /** What the address calls it, for as long as it is in the list. */
  name: PageArguments;
  /** What it is asked with: follows the end of the page before it, which moves when rows are added there. */
  asked: PageArguments;
  connection?: Connection<Node>;
  error?: CombinedError | undefined;
  /** Ends the following of the cache; null while it is not followed. */
  stop: (() => void) | null;
}

/** Where a page begins in the rows of its list. */
export interface Start {
  at: number;
  page: PageArguments;
  info: PageInfo | null;
}

export interface Snapshot<Node> {
  nodes: readonly Node[];
  starts: readonly Start[];
  /** What the first and the last page that is there say of what is around the list. */
  before: PageInfo | null;
  after: PageInfo | null;
  loading: boolean;
  error: CombinedError | null;
}

export function same(one: PageArguments, other: PageArguments): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function summary<Node extends { id: string }>(pages: readonly Page<Node>[]): Snapshot<Node> {
  const nodes = new Map<string, Node>();
  const starts: Start[] = [];
  for (const { connection, name } of pages) {
    starts.push({ at: nodes.size, page: name, info: connection?.pageInfo ?? null });
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
