import { useRef } from "react";
import { useSearchParams } from "wouter";
import { useTyped, withParameter } from "../lists/useTyped";
import { Pick } from "../shell/Pick";
import { useShortcut } from "../shell/useShortcut";
import { STATUS_CHOICES } from "./filter";

const DIRECTIONS = [
  ["outbound", "Outbound"],
  ["inbound", "Inbound"],
] as const;

export function ConversationFilters() {
  const [search, setSearch] = useSearchParams();
  const [from, setFrom] = useTyped("from");
  const [other, setOther] = useTyped("with");
  const first = useRef<HTMLInputElement>(null);
  useShortcut("/", () => first.current?.select());
  const set = (name: string) => (value: string) => setSearch((old) => withParameter(old, name, value));
  return (
    <div className="toolbar" role="group" aria-label="Filters">
      <input
        ref={first}
        type="search"
        className="search"
        aria-label="Over this number of ours"
        aria-keyshortcuts="/"
        placeholder="Our number  /"
        value={from}
        onChange={({ target }) => setFrom(target.value)}
      />
      <input
        type="search"
        className="search"
        aria-label="With this other side"
        placeholder="The other side"
        value={other}
        onChange={({ target }) => setOther(target.value)}
      />
      <Pick label="Direction" value={search.get("direction") ?? ""} options={DIRECTIONS} choose={set("direction")} />
      <Pick label="Status" value={search.get("status") ?? ""} options={STATUS_CHOICES} choose={set("status")} />
    </div>
  );
}
