import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";

const DEBOUNCE_MS = 150;

/** A text in a search parameter, written after a pause in typing and without a history entry for each letter. */
export function useSearchParamText(name: string) {
  const [search, setSearch] = useSearchParams();
  const inAddress = search.get(name) ?? "";
  const [typed, setTyped] = useState(inAddress);
  const written = useRef(inAddress);

  useEffect(() => {
    if (inAddress === written.current) return;
    written.current = inAddress;
    setTyped(inAddress);
  }, [inAddress]);

  useEffect(() => {
    if (typed === written.current) return;
    const timer = setTimeout(() => {
      written.current = typed;
      setSearch((old) => withSearchParam(old, name, typed), { replace: true });
    }, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [name, typed, setSearch]);

  return [typed, setTyped] as const;
}

/** Sets or removes a search parameter, and returns to the first page. */
export function withSearchParam(search: URLSearchParams, name: string, value: string): URLSearchParams {
  search.delete("after");
  search.delete("before");
  if (value) search.set(name, value);
  else search.delete(name);
  return search;
}
