import type { Client, OperationResult, RequestPolicy, TypedDocumentNode } from "urql";
import { type Connection, type Page, type PageArguments, type Snapshot, isSamePage, summarize } from "./pages";

export interface ListSource<Data, Variables extends object, Node extends { id: string }> {
  client: Client;
  document: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  select: (data: Data) => Connection<Node>;
  size: number;
}

/** Pages before and after the visible ones that are kept up to date. */
const PAGES_BESIDE_VISIBLE = 1;
/** A longer list is cut to the pages near the screen before it reloads. */
const MAX_RELOADED_PAGES = 6;

/**
 * The loaded pages of one list. Only pages near the screen watch the cache; the others stay as they are until they come
 * near: pages share entities, so each page that arrives would make every watched one be read again.
 */
export class PageStore<Data, Variables extends object, Node extends { id: string }> {
  private pages: Page<Node>[] = [];
  private listeners = new Set<() => void>();
  private current: Snapshot<Node>;
  private notifyScheduled = false;
  private visiblePages = { from: 0, to: 0 };
  private reloading: Promise<void> | null = null;

  constructor(
    private source: ListSource<Data, Variables, Node>,
    private anchor: PageArguments,
  ) {
    this.current = summarize<Node>([newPage<Node>(anchor)]);
  }

  open = (): (() => void) => {
    this.pages = [newPage(this.anchor)];
    this.pages.forEach((one) => this.watchPage(one));
    return () => {
      this.pages.forEach(stopWatching);
      this.pages = [];
    };
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): Snapshot<Node> => this.current;

  loadMore = (): void => {
    const last = this.pages.at(-1);
    const args = last && this.nextPageArgs(last);
    if (args && !this.reloading) this.add("push", args);
  };

  loadEarlier = (): void => {
    const info = this.pages[0]?.connection?.pageInfo;
    if (this.reloading || !info?.hasPreviousPage || !info.startCursor) return;
    this.add("unshift", { last: this.source.size, before: info.startCursor });
  };

  /** Watches the cache for the pages near these rows, and stops watching it for the others. */
  setVisibleRows = (first: number, last: number): void => {
    const pageOf = (row: number) => this.current.starts.findLastIndex(({ index }) => index <= row);
    this.visiblePages = { from: pageOf(first) - PAGES_BESIDE_VISIBLE, to: pageOf(last) + PAGES_BESIDE_VISIBLE };
    this.pages.forEach((one, index) => {
      if (index >= this.visiblePages.from && index <= this.visiblePages.to) this.watchPage(one);
      else if (one.connection) stopWatching(one);
    });
  };

  /** Reloads page after page, each from the end cursor of the one before, so that no row is skipped. */
  reload = async (): Promise<void> => {
    await this.reloading;
    this.reloading ??= this.refetch();
    await this.reloading;
  };

  get pageCount(): number {
    return this.pages.length;
  }

  hasPage = (args: PageArguments): boolean =>
    this.pages.length === 0 ? isSamePage(args, this.anchor) : this.pages.some(({ anchor }) => isSamePage(anchor, args));

  private add(where: "push" | "unshift", args: PageArguments): void {
    const added = newPage<Node>(args);
    this.pages[where](added);
    this.watchPage(added);
    this.scheduleNotify();
  }

  private async refetch(): Promise<void> {
    if (this.pages.length > MAX_RELOADED_PAGES) this.trim();
    const pages = [...this.pages];
    const fresh: Page<Node>[] = [];
    let args = pages[0]?.args;
    for (const { anchor } of pages) {
      if (!args) break;
      const page = await this.fetchPage(anchor, args);
      fresh.push(page);
      args = this.nextPageArgs(page);
    }
    this.reloading = null;
    if (this.pages[0] === pages[0]) this.replace(fresh);
  }

  private async fetchPage(anchor: PageArguments, args: PageArguments): Promise<Page<Node>> {
    const { client, document, select } = this.source;
    const result = await client.query(document, this.variablesFor(args), { requestPolicy: "network-only" }).toPromise();
    const page: Page<Node> = { anchor, args, unsubscribe: null, error: result.error };
    return result.data ? { ...page, connection: select(result.data) } : page;
  }

  private nextPageArgs({ connection }: Page<Node>): PageArguments | undefined {
    const { hasNextPage, endCursor } = connection?.pageInfo ?? {};
    return hasNextPage && endCursor ? { first: this.source.size, after: endCursor } : undefined;
  }

  /** Replaces all pages or, if one failed, none, and shows its error above the old rows. */
  private replace(fresh: Page<Node>[]): void {
    const failed = fresh.findIndex(({ error }) => error);
    const was = this.pages[failed];
    if (was) {
      was.error = fresh[failed]?.error;
    } else {
      this.pages.forEach(stopWatching);
      this.pages = fresh;
      this.pages.forEach((one) => this.watchPage(one));
    }
    this.scheduleNotify();
  }

  private trim(): void {
    const { from, to } = this.visiblePages;
    const kept = this.pages.slice(Math.max(from, 0), to + 1);
    this.pages.filter((one) => !kept.includes(one)).forEach(stopWatching);
    this.pages = kept;
  }

  private variablesFor(args: PageArguments): Variables {
    return { ...this.source.variables, ...args };
  }

  /** Fetches a new page even if it is cached; one that comes near the screen again is read from the cache. */
  private watchPage(one: Page<Node>): void {
    if (one.unsubscribe) return;
    const { client, document } = this.source;
    const requestPolicy: RequestPolicy = one.connection ? "cache-first" : "cache-and-network";
    one.unsubscribe = () => undefined;
    const answers = client.query(document, this.variablesFor(one.args), { requestPolicy });
    one.unsubscribe = answers.subscribe((result) => this.receive(one, result)).unsubscribe;
  }

  private receive(one: Page<Node>, result: OperationResult<Data, Variables>): void {
    const connection = result.data ? this.source.select(result.data) : one.connection;
    if (connection === one.connection && result.error === one.error) return;
    if (connection) one.connection = connection;
    one.error = result.error;
    this.scheduleNotify();
  }

  /** Notifies once for all pages that one response changes. */
  private scheduleNotify(): void {
    if (this.notifyScheduled) return;
    this.notifyScheduled = true;
    queueMicrotask(() => {
      this.notifyScheduled = false;
      if (this.pages.length) this.current = summarize(this.pages);
      this.listeners.forEach((listener) => listener());
    });
  }
}

function newPage<Node>(args: PageArguments): Page<Node> {
  return { anchor: args, args: args, unsubscribe: null };
}

function stopWatching(one: Page<unknown>): void {
  one.unsubscribe?.();
  one.unsubscribe = null;
}
