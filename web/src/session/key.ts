// The API key lives in the tab alone: sessionStorage, never localStorage, never a cookie.

const ITEM = "dialtree.key";
const listeners = new Set<() => void>();
let rejected = false;

export function readKey(): string | null {
  return sessionStorage.getItem(ITEM);
}

export function keepKey(key: string): void {
  rejected = false;
  sessionStorage.setItem(ITEM, key);
  changed();
}

/** With all that was kept while it was in use. */
export function forgetKey(): void {
  sessionStorage.clear();
  changed();
}

/** The server no longer takes the key: forget it, and let the sign-in page say so. */
export function rejectKey(key: string): void {
  if (readKey() !== key) return;
  rejected = true;
  forgetKey();
}

export function wasRejected(): boolean {
  return rejected;
}

export function onKeyChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  listeners.forEach((listener) => listener());
}
