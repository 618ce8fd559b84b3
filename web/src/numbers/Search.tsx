import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { useShortcut } from "../shell/useShortcut";
import { withParameter } from "./view";

const PAUSE = 150;

/** Writes the address as one types, without a step in the browser's history for every letter. */
export function Search({ label }: { label: string }) {
  const [search, setSearch] = useSearchParams();
  const inAddress = search.get("q") ?? "";
  const [typed, setTyped] = useState(inAddress);
  const written = useRef(inAddress);
  const field = useRef<HTMLInputElement>(null);
  useShortcut("/", () => field.current?.select());

  useEffect(() => {
    if (inAddress === written.current) return;
    written.current = inAddress;
    setTyped(inAddress);
  }, [inAddress]);

  useEffect(() => {
    if (typed === written.current) return;
    const timer = setTimeout(() => {
      written.current = typed;
      setSearch((old) => withParameter(old, "q", typed), { replace: true });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [typed, setSearch]);

  return (
    <input
      ref={field}
      type="search"
      className="search"
      aria-label={label}
      aria-keyshortcuts="/"
      placeholder="Search digits  /"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => event.key === "Escape" && setTyped("")}
    />
  );
}
