import type { Client, SubscribePayload } from "graphql-ws";
import type { SubscriptionOperation } from "urql";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backoff, socketFor } from "./socket";
import { createSubscriptions } from "./subscriptions";

vi.mock("./socket", async (original) => ({
  ...(await original<typeof import("./socket")>()),
  socketFor: vi.fn(),
}));

type Sink = Parameters<Client["subscribe"]>[1];

const PAYLOAD = { query: "subscription { phoneNumbersUpdated { phoneNumberId } }" };

function subscribe() {
  const streams: Sink[] = [];
  const socket = {
    subscribe: (payload: SubscribePayload, sink: Sink) => {
      if (payload.query === PAYLOAD.query) streams.push(sink);
      else sink.complete();
      return vi.fn();
    },
  };
  vi.mocked(socketFor).mockReturnValue(socket as unknown as Client);
  const events = { onSubscribed: vi.fn(), onReconnected: vi.fn(), onEnded: vi.fn() };
  const sink = { next: vi.fn(), error: vi.fn(), complete: vi.fn() };
  const subscriptions = createSubscriptions("ak_1.secret", events);
  const { unsubscribe } = subscriptions.forward(PAYLOAD as SubscriptionOperation).subscribe(sink);
  return { streams, sink, events, unsubscribe };
}

function refusal(code: string) {
  return { errors: [{ message: code, extensions: { code } }] } as unknown as Parameters<Sink["next"]>[0];
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("says when the subscription has begun", async () => {
  const { events } = subscribe();
  await vi.advanceTimersByTimeAsync(0);
  expect(events.onSubscribed).toHaveBeenCalledTimes(1);
});

test("subscribes again after the server ended it", async () => {
  const { streams, sink, events } = subscribe();
  streams[0]?.next({ data: {} });
  streams[0]?.complete();
  expect(events.onEnded).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(streams).toHaveLength(2);
  expect(sink.complete).not.toHaveBeenCalled();
});

test.each(["FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT"])("is over after %s", async (code) => {
  const { streams, sink } = subscribe();
  streams[0]?.next(refusal(code));
  streams[0]?.complete();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams).toHaveLength(1);
  expect(sink.complete).toHaveBeenCalledTimes(1);
});

test("does not subscribe again once it is unsubscribed", async () => {
  const { streams, unsubscribe } = subscribe();
  streams[0]?.complete();
  unsubscribe();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams).toHaveLength(1);
});

test("waits longer after each failure, up to ten seconds, and never for the same time", () => {
  for (const [tries, longest] of [
    [0, 1000],
    [2, 4000],
    [20, 10_000],
  ] as const) {
    const waits = Array.from({ length: 50 }, () => backoff(tries));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(longest / 2);
    expect(Math.max(...waits)).toBeLessThanOrEqual(longest);
    expect(new Set(waits).size).toBeGreaterThan(1);
  }
});
