import { type Client, type EventListener, createClient } from "graphql-ws";
import { onKeyChange, readKey } from "./apiKey";

// The one socket of a key. It carries every subscription of the page, and stays open to detect a lost server.

const MAX_BACKOFF_MS = 10_000;
const PING_INTERVAL_MS = 15_000;
const PONG_TIMEOUT_MS = 5_000;

let current: { key: string; socket: Client } | null = null;
let disconnected = false;
const listeners = new Set<() => void>();

export function isDisconnected(): boolean {
  return disconnected;
}

export function onConnectionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function socketFor(key: string, connected: EventListener<"connected">, closed: EventListener<"closed">): Client {
  if (current?.key !== key) {
    closeSocket();
    current = { key, socket: connect(key, connected, closed) };
  }
  return current.socket;
}

function connect(key: string, connected: EventListener<"connected">, closed: EventListener<"closed">): Client {
  let unanswered: ReturnType<typeof setTimeout> | undefined;
  const socket: Client = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: { authorization: `Bearer ${key}` },
    lazy: false,
    onNonLazyError: () => {},
    keepAlive: PING_INTERVAL_MS,
    retryAttempts: Infinity,
    retryWait: (tries) => delay(backoff(tries)),
    shouldRetry: () => true,
    on: {
      connected: (...told) => {
        setDisconnected(false);
        connected(...told);
      },
      closed: (event) => {
        clearTimeout(unanswered);
        setDisconnected(current?.socket === socket);
        closed(event);
      },
      // A server that vanished does not close the connection.
      ping: (received) => {
        if (!received) unanswered = setTimeout(() => socket.terminate(), PONG_TIMEOUT_MS);
      },
      pong: (received) => received && clearTimeout(unanswered),
    },
  });
  return socket;
}

function closeSocket(): void {
  const before = current;
  current = null;
  void before?.socket.dispose();
  setDisconnected(false);
}

onKeyChange(() => readKey() !== current?.key && closeSocket());

function setDisconnected(now: boolean): void {
  if (now === disconnected) return;
  disconnected = now;
  listeners.forEach((listener) => listener());
}

export function backoff(tries: number): number {
  return Math.min(1000 * 2 ** tries, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2);
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
