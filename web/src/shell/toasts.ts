export interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
}

/** What was done is soon forgotten; what was not stays until it is dismissed. */
const STAYS = 8000;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let last = 0;

export function say(tone: Toast["tone"], text: string): void {
  const toast = { id: ++last, tone, text };
  set([...toasts, toast].slice(-4));
  if (tone === "good") setTimeout(() => dismiss(toast.id), STAYS);
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function readToasts(): readonly Toast[] {
  return toasts;
}

export function onToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}
