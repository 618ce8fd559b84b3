import type { Client, CombinedError, OperationResult, TypedDocumentNode } from "urql";

export interface PageArguments {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

export interface Connection<Node> {
  nodes: Node[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor?: string | null;
    endCursor?: string | null;
  };
}

export interface Snapshot<Node> {
  nodes: readonly Node[];
  /** For each page: which of `nodes` is its first, and the arguments that it was asked with. */
  starts: readonly { at: number; page: PageArguments }[];
  before: Connection<Node>["pageInfo"] | null;
  after: Connection<Node>["pageInfo"] | null;
  loading: boolean;
  error: CombinedError | null;
}

interface Page<Node> {
  args: PageArguments;
  connection?: Connection<Node>;
  error?: CombinedError | undefined;
  stop: () => void;
}

export interface ListSource<Data, Variables extends object, Node extends { id: string }> {
  client: Client;
  document: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  select: (data: Data) => Connection<Node>;
  size: number;
}

/** Pages of one list, next to each other, each kept up to date by the cache. */
export class PageStore<Data, Variables extends object, Node extends { id: string }> {
  private pages: Page<Node>[] = [];
  private listeners = new Set<() => void>();
  private current: Snapshot<Node>;
  private pending = false;

  constructor(
    private source: ListSource<Data, Variables, Node>,
    private anchor: PageArguments,
  ) {
    this.current = summary<Node>([{ args: anchor, stop: () => undefined }]);
  }

  open = (): (() => void) => {
    this.pages = [this.subscribe(this.anchor)];
    return () => {
      this.pages.forEach((page) => page.stop());
      this.pages = [];
    };
  };

  listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): Snapshot<Node> => this.current;

  loadMore = (): void => {
    const info = this.pages.at(-1)?.connection?.pageInfo;
    if (!info?.hasNextPage || !info.endCursor) return;
    this.pages.push(this.subscribe({ first: this.source.size, after: info.endCursor }));
    this.changed();
  };

  loadEarlier = (): void => {
    const info = this.pages[0]?.connection?.pageInfo;
    if (!info?.hasPreviousPage || !info.startCursor) return;
    this.pages.unshift(this.subscribe({ last: this.source.size, before: info.startCursor }));
    this.changed();
  };

  /** Asks the server again for every page that is loaded; the cache hands the answers on. */
  reload = async (): Promise<void> => {
    for (const page of [...this.pages]) {
      const { client, document } = this.source;
      const result = await client.query(document, this.ask(page.args), { requestPolicy: "network-only" }).toPromise();
      this.take(page, result);
    }
  };

  get pageCount(): number {
    return this.pages.length;
  }

  has = (anchor: PageArguments): boolean =>
    same(anchor, this.anchor) || this.pages.some((page) => same(page.args, anchor));

  private ask(args: PageArguments): Variables {
    return { ...this.source.variables, ...args };
  }

  private subscribe(args: PageArguments): Page<Node> {
    const { client, document } = this.source;
    const page: Page<Node> = { args, stop: () => undefined };
    const answers = client.query(document, this.ask(args), { requestPolicy: "cache-and-network" });
    page.stop = answers.subscribe((result) => this.take(page, result)).unsubscribe;
    return page;
  }

  private take(page: Page<Node>, result: OperationResult<Data, Variables>): void {
    const connection = result.data ? this.source.select(result.data) : page.connection;
    if (connection === page.connection && result.error === page.error) return;
    page.connection = connection;
    page.error = result.error;
    this.changed();
  }

  /** One answer may touch every page, so that they are summed up once, after all of them have been told. */
  private changed(): void {
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      if (this.pages.length) this.current = summary(this.pages);
      this.listeners.forEach((listener) => listener());
    });
  }
}

export function same(one: PageArguments, other: PageArguments): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function summary<Node extends { id: string }>(pages: readonly Page<Node>[]): Snapshot<Node> {
  const nodes = new Map<string, Node>();
  const starts: { at: number; page: PageArguments }[] = [];
  for (const { connection, args } of pages) {
    starts.push({ at: nodes.size, page: args });
    connection?.nodes.forEach((node) => nodes.set(node.id, node));
  }
  return {
    nodes: [...nodes.values()],
    starts,
    before: pages[0]?.connection?.pageInfo ?? null,
    after: pages.at(-1)?.connection?.pageInfo ?? null,
    loading: pages.some((page) => !page.connection && !page.error),
    error: pages.find((page) => page.error)?.error ?? null,
  };
}
