import { CombinedError, type Client, type TypedDocumentNode } from "urql";
import { expect, test, vi } from "vitest";
import type { Connection, PageArguments } from "./pages";
import { PageStore } from "./PageStore";

interface Row {
  id: string;
}

const DOCUMENT = {} as TypedDocumentNode<{ rows: Connection<Row> }, PageArguments>;
const SIZE = 2;

/** Serves rows by their position; a cursor is the id of a row. Answers at once, unless it is told to fail. */
function fakeClient(rows: string[]) {
  const requests: PageArguments[] = [];
  const state = { rows, failing: false, watched: 0 };

  function connectionFor({ first, after, last, before }: PageArguments): Connection<Row> {
    const from = after ? state.rows.indexOf(after) + 1 : before ? state.rows.indexOf(before) - (last ?? 0) : 0;
    const start = last && !before ? state.rows.length - last : Math.max(from, 0);
    const ids = state.rows.slice(start, start + (first ?? last ?? 0));
    return {
      nodes: ids.map((id) => ({ id })),
      pageInfo: {
        hasNextPage: start + ids.length < state.rows.length,
        hasPreviousPage: start > 0,
        startCursor: ids[0] ?? null,
        endCursor: ids.at(-1) ?? null,
      },
    };
  }

  function query(_document: unknown, variables: PageArguments) {
    requests.push(variables);
    const error = state.failing ? new CombinedError({ networkError: new Error("offline") }) : undefined;
    const result = error ? { error } : { data: { rows: connectionFor(variables) } };
    return {
      toPromise: () => Promise.resolve(result),
      subscribe: (listener: (result: unknown) => void) => {
        state.watched++;
        listener(result);
        return { unsubscribe: () => state.watched-- };
      },
    };
  }
  return { client: { query } as unknown as Client, requests, state };
}

async function openList(rows: string[], anchor: PageArguments = { first: SIZE }) {
  const fake = fakeClient(rows);
  const source = { client: fake.client, document: DOCUMENT, variables: {}, size: SIZE };
  const store = new PageStore({ ...source, select: (data) => data.rows }, anchor);
  const close = store.open();
  await settle();
  return { ...fake, store, close, shown: () => store.getSnapshot().nodes.map(({ id }) => id) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test("loads on at either end", async () => {
  const { store, shown } = await openList(["a", "b", "c", "d", "e", "f"], { first: SIZE, after: "b" });
  expect(shown()).toEqual(["c", "d"]);
  store.loadMore();
  store.loadEarlier();
  await settle();
  expect(shown()).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(store.hasPage({ first: SIZE, after: "d" })).toBe(true);
  expect(store.hasPage({ first: SIZE, after: "e" })).toBe(false);
});

test("does not ask for more than there is", async () => {
  const { store, requests } = await openList(["a", "b"]);
  store.loadMore();
  store.loadEarlier();
  expect(requests).toHaveLength(1);
});

test("reloads each page from where the one before it ends by now", async () => {
  const { store, state, shown } = await openList(["a", "b", "c", "d"]);
  store.loadMore();
  await settle();
  state.rows = ["a", "a2", "b", "c", "d"];
  await store.reload();
  await settle();
  expect(shown()).toEqual(["a", "a2", "b", "c"]);
});

test("loads nothing more while it reloads, and reloads once for all who ask", async () => {
  const { store, requests } = await openList(["a", "b", "c", "d"]);
  const reloads = [store.reload(), store.reload()];
  await Promise.resolve();
  store.loadMore();
  await Promise.all(reloads);
  await settle();
  expect(store.pageCount).toBe(1);
  expect(requests.every(({ after }) => after === undefined)).toBe(true);
});

test("keeps its rows where a reload fails, and shows the error", async () => {
  const { store, state, shown } = await openList(["a", "b", "c"]);
  state.failing = true;
  await store.reload();
  await settle();
  expect(shown()).toEqual(["a", "b"]);
  expect(store.getSnapshot().error?.networkError).toBeInstanceOf(Error);
});

test("watches the cache only for pages near the visible rows, and cuts a long list to them", async () => {
  const rows = Array.from({ length: 20 }, (_, index) => `row ${index}`);
  const { store, state, close, shown } = await openList(rows);
  for (let page = 1; page < 8; page++) {
    store.loadMore();
    await settle();
  }
  expect(state.watched).toBe(8);
  store.setVisibleRows(8, 9);
  expect(state.watched).toBe(3);
  await store.reload();
  await settle();
  expect(shown()).toEqual(rows.slice(6, 12));
  close();
  expect(state.watched).toBe(0);
});

test("notifies once for changes of many pages", async () => {
  const { store } = await openList(["a", "b", "c", "d"]);
  const listener = vi.fn();
  const unsubscribe = store.subscribe(listener);
  store.loadMore();
  await settle();
  expect(listener).toHaveBeenCalledTimes(1);
  unsubscribe();
  await store.reload();
  await settle();
  expect(listener).toHaveBeenCalledTimes(1);
});
