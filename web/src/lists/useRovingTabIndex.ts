import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";

interface Options {
  box: RefObject<HTMLElement | null>;
  ids: readonly string[];
  scrollTo: (index: number) => void;
  keys: Record<string, (id: string) => void>;
}

const KEY_STEPS: Record<string, (index: number, last: number) => number> = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  j: (index, last) => Math.min(index + 1, last),
  ArrowUp: (index) => Math.max(index - 1, 0),
  k: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_index, last) => last,
  PageDown: (index, last) => Math.min(index + 10, last),
  PageUp: (index) => Math.max(index - 10, 0),
};

/** Keeps one row in the tab order and moves it by the arrow keys, also to rows that are not rendered yet. */
export function useRovingTabIndex({ box, ids, scrollTo, keys }: Options) {
  const [active, setActive] = useState<string | null>(null);
  const focusPending = useRef(false);
  const activeId = active !== null && ids.includes(active) ? active : (ids[0] ?? null);

  useEffect(() => {
    if (!focusPending.current || activeId === null) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(activeId)}"]`);
    if (!row) return;
    focusPending.current = false;
    row.focus({ preventScroll: true });
  });

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.ctrlKey || event.metaKey || event.altKey || activeId === null) return;
    const target = event.target as HTMLElement;
    const onRow = target.dataset["row"] !== undefined;
    const within = target.closest("[data-row]") !== null;
    const step = KEY_STEPS[event.key];
    const act = keys[event.key];
    if (step) {
      event.preventDefault();
      const index = step(ids.indexOf(activeId), ids.length - 1);
      focusPending.current = true;
      setActive(ids[index] ?? null);
      scrollTo(index);
    } else if (act && (event.key === "Enter" ? onRow : within)) {
      event.preventDefault();
      act(activeId);
    }
  }

  return { activeId, setActiveId: setActive, onKeyDown };
}
