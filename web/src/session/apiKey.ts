// The API key lives in the tab alone: sessionStorage, never localStorage, never a cookie.

const STORAGE_KEY = "dialtree.key";
const listeners = new Set<() => void>();
let rejected = false;

export function readKey(): string | null {
  return sessionStorage.getItem(STORAGE_KEY);
}

export function storeKey(key: string): void {
  rejected = false;
  sessionStorage.setItem(STORAGE_KEY, key);
  notify();
}

/** Also clears everything else stored while the key was in use. */
export function clearKey(): void {
  sessionStorage.clear();
  notify();
}

/** Clears a key that the server rejected; the sign-in page says so. */
export function rejectKey(key: string): void {
  if (readKey() !== key) return;
  rejected = true;
  clearKey();
}

export function wasRejected(): boolean {
  return rejected;
}

export function onKeyChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(): void {
  listeners.forEach((listener) => listener());
}
