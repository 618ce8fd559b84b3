import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";

const PAUSE = 150;

/** A text in the address, written there as one pauses, without a step in the browser's history for every letter. */
export function useTyped(name: string) {
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
      setSearch((old) => withParameter(old, name, typed), { replace: true });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [name, typed, setSearch]);

  return [typed, setTyped] as const;
}

/** Another view starts from its own first page. */
export function withParameter(search: URLSearchParams, name: string, value: string): URLSearchParams {
  search.delete("after");
  search.delete("before");
  if (value) search.set(name, value);
  else search.delete(name);
  return search;
}
