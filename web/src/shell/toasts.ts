export interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
}

/** Only toasts of success expire; those of failure stay until dismissed. */
const TOAST_DURATION_MS = 8000;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let lastId = 0;

export function showToast(tone: Toast["tone"], text: string): void {
  const toast = { id: ++lastId, tone, text };
  setToasts([...toasts, toast].slice(-4));
  if (tone === "good") setTimeout(() => dismiss(toast.id), TOAST_DURATION_MS);
}

export function dismiss(id: number): void {
  setToasts(toasts.filter((toast) => toast.id !== id));
}

/** Removes all toasts, since they are about the organization acted for before. */
export function clearToasts(): void {
  if (toasts.length) setToasts([]);
}

export function readToasts(): readonly Toast[] {
  return toasts;
}

export function onToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function setToasts(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}
