import type { Client, OperationResult, RequestPolicy, TypedDocumentNode } from "urql";
import { type Connection, type Page, type PageArguments, type Snapshot, same, summary } from "./pages";

export interface ListSource<Data, Variables extends object, Node extends { id: string }> {
  client: Client;
  document: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  select: (data: Data) => Connection<Node>;
  size: number;
}

/** Pages on either side of those on screen that are kept up to date. */
const BESIDE = 1;
/** A list of more pages is cut to those about the screen before it is asked again. */
const FEW = 6;

/**
 * Pages of one list, next to each other. Those about the screen follow the cache; the others stay as they were until they
 * come near: all pages have entities in common, so each one that arrives would have every other read again.
 */
export class PageStore<Data, Variables extends object, Node extends { id: string }> {
  private pages: Page<Node>[] = [];
  private listeners = new Set<() => void>();
  private current: Snapshot<Node>;
  private pending = false;
  private near = { from: 0, to: 0 };
  private reloading: Promise<void> | null = null;

  constructor(
    private source: ListSource<Data, Variables, Node>,
    private anchor: PageArguments,
  ) {
    this.current = summary<Node>([page<Node>(anchor)]);
  }

  open = (): (() => void) => {
    this.pages = [page(this.anchor)];
    this.pages.forEach((one) => this.follow(one));
    return () => {
      this.pages.forEach(leave);
      this.pages = [];
    };
  };

  listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): Snapshot<Node> => this.current;

  loadMore = (): void => {
    const last = this.pages.at(-1);
    const args = last && this.following(last);
    if (args && !this.reloading) this.add("push", args);
  };

  loadEarlier = (): void => {
    const info = this.pages[0]?.connection?.pageInfo;
    if (this.reloading || !info?.hasPreviousPage || !info.startCursor) return;
    this.add("unshift", { last: this.source.size, before: info.startCursor });
  };

  /** The rows on screen: pages about them follow the cache from now on, and others no longer. */
  watch = (first: number, last: number): void => {
    const pageOf = (row: number) => this.current.starts.findLastIndex(({ at }) => at <= row);
    this.near = { from: pageOf(first) - BESIDE, to: pageOf(last) + BESIDE };
    this.pages.forEach((one, index) => {
      if (index >= this.near.from && index <= this.near.to) this.follow(one);
      else if (one.connection) leave(one);
    });
  };

  /** Asks the server again, page after page: each from where the one before it ends by now, so that no row is between them. */
  reload = async (): Promise<void> => {
    await this.reloading;
    this.reloading ??= this.askAgain();
    await this.reloading;
  };

  get pageCount(): number {
    return this.pages.length;
  }

  has = (anchor: PageArguments): boolean =>
    this.pages.length === 0 ? same(anchor, this.anchor) : this.pages.some(({ name }) => same(name, anchor));

  private add(where: "push" | "unshift", args: PageArguments): void {
    const added = page<Node>(args);
    this.pages[where](added);
    this.follow(added);
    this.changed();
  }

  private async askAgain(): Promise<void> {
    if (this.pages.length > FEW) this.cut();
    const pages = [...this.pages];
    const fresh: Page<Node>[] = [];
    let asked = pages[0]?.asked;
    for (const { name } of pages) {
      if (!asked) break;
      const answer = await this.answer(name, asked);
      fresh.push(answer);
      asked = this.following(answer);
    }
    this.reloading = null;
    if (this.pages[0] === pages[0]) this.replace(fresh);
  }

  private async answer(name: PageArguments, asked: PageArguments): Promise<Page<Node>> {
    const { client, document, select } = this.source;
    const result = await client.query(document, this.ask(asked), { requestPolicy: "network-only" }).toPromise();
    const answer: Page<Node> = { name, asked, stop: null, error: result.error };
    return result.data ? { ...answer, connection: select(result.data) } : answer;
  }

  private following({ connection }: Page<Node>): PageArguments | undefined {
    const { hasNextPage, endCursor } = connection?.pageInfo ?? {};
    return hasNextPage && endCursor ? { first: this.source.size, after: endCursor } : undefined;
  }

  /** All of them, or where one failed none: its error is shown above what was there. */
  private replace(fresh: Page<Node>[]): void {
    const failed = fresh.findIndex(({ error }) => error);
    const was = this.pages[failed];
    if (was) {
      was.error = fresh[failed]?.error;
    } else {
      this.pages.forEach(leave);
      this.pages = fresh;
      this.pages.forEach((one) => this.follow(one));
    }
    this.changed();
  }

  private cut(): void {
    const { from, to } = this.near;
    const kept = this.pages.slice(Math.max(from, 0), to + 1);
    this.pages.filter((one) => !kept.includes(one)).forEach(leave);
    this.pages = kept;
  }

  private ask(args: PageArguments): Variables {
    return { ...this.source.variables, ...args };
  }

  /** A page that is new is asked for also where the cache has it; one that comes near again is as the cache has it. */
  private follow(one: Page<Node>): void {
    if (one.stop) return;
    const { client, document } = this.source;
    const requestPolicy: RequestPolicy = one.connection ? "cache-first" : "cache-and-network";
    one.stop = () => undefined;
    const answers = client.query(document, this.ask(one.asked), { requestPolicy });
    one.stop = answers.subscribe((result) => this.take(one, result)).unsubscribe;
  }

  private take(one: Page<Node>, result: OperationResult<Data, Variables>): void {
    const connection = result.data ? this.source.select(result.data) : one.connection;
    if (connection === one.connection && result.error === one.error) return;
    if (connection) one.connection = connection;
    one.error = result.error;
    this.changed();
  }

  /** One answer may touch many pages, so that they are summed up once, after all of them have been told. */
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

function page<Node>(args: PageArguments): Page<Node> {
  return { name: args, asked: args, stop: null };
}

function leave(one: Page<unknown>): void {
  one.stop?.();
  one.stop = null;
}
