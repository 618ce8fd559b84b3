import { useRef } from "react";
import { useSearchParamText } from "../lists/useSearchParamText";
import { useShortcut } from "../shell/useShortcut";

export function NumberSearch({ label }: { label: string }) {
  const [typed, setTyped] = useSearchParamText("q");
  const field = useRef<HTMLInputElement>(null);
  useShortcut("/", () => field.current?.select());
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
