import { beforeEach, expect, test, vi } from "vitest";
import { createStorage } from "../graphiql/storage";
import { clearKey, onKeyChange, readKey, rejectKey, storeKey, wasRejected } from "./apiKey";

/** Keeps its entries as properties of itself, as the browser's does. */
class FakeStorage {
  [name: string]: unknown;
  getItem(name: string) {
    return Object.hasOwn(this, name) ? this[name] : null;
  }
  setItem(name: string, value: string) {
    this[name] = value;
  }
  removeItem(name: string) {
    delete this[name];
  }
  clear() {
    Object.keys(this).forEach((name) => delete this[name]);
  }
}

beforeEach(() => void vi.stubGlobal("sessionStorage", new FakeStorage()));

test("keeps the key until it is cleared", () => {
  const listener = vi.fn();
  const stop = onKeyChange(listener);
  storeKey("ak_1.secret");
  expect(readKey()).toBe("ak_1.secret");
  clearKey();
  expect(readKey()).toBeNull();
  expect(listener).toHaveBeenCalledTimes(2);
  stop();
});

test("forgets a key that the server rejects, but not the one after it", () => {
  storeKey("ak_2.secret");
  rejectKey("ak_1.secret");
  expect([readKey(), wasRejected()]).toEqual(["ak_2.secret", false]);
  rejectKey("ak_2.secret");
  expect([readKey(), wasRejected()]).toEqual([null, true]);
  storeKey("ak_3.secret");
  expect(wasRejected()).toBe(false);
});

test("GraphiQL's storage is cleared without the key, and dies with it", () => {
  storeKey("ak_1.secret");
  const storage = createStorage("ak_1.secret");
  storage.setItem("query", "{ viewer { id } }");
  expect([storage.getItem("query"), storage.length]).toEqual(["{ viewer { id } }", 1]);
  storage.clear();
  expect([storage.length, readKey()]).toEqual([0, "ak_1.secret"]);
  storeKey("ak_2.secret");
  storage.setItem("query", "late");
  expect([storage.getItem("query"), storage.length]).toEqual([null, 0]);
});
