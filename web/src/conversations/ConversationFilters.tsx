import { useRef } from "react";
import { useSearchParams } from "wouter";
import { useTyped, withParameter } from "../lists/useTyped";
import { AgentPick } from "../picks/AgentPick";
import { useSession } from "../session/Session";
import { Pick } from "../shell/Pick";
import { useShortcut } from "../shell/useShortcut";
import { STATUS_CHOICES } from "./filter";

const DIRECTIONS = [
  ["outbound", "Outbound"],
  ["inbound", "Inbound"],
] as const;

export function ConversationFilters() {
  const { reads } = useSession();
  const [search, setSearch] = useSearchParams();
  const [from, setFrom] = useTyped("from");
  const [other, setOther] = useTyped("with");
  const first = useRef<HTMLInputElement>(null);
  useShortcut("/", () => first.current?.select());
  const set = (name: string) => (value: string) => setSearch((old) => withParameter(old, name, value));
  return (
    <div className="toolbar">
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
      <div className="filters" role="group" aria-label="Filters">
        <Pick label="Direction" value={search.get("direction") ?? ""} options={DIRECTIONS} choose={set("direction")} />
        <Pick label="Status" value={search.get("status") ?? ""} options={STATUS_CHOICES} choose={set("status")} />
        {reads("AGENTS") && <AgentPick bare value={search.get("agent") ?? ""} choose={set("agent")} />}
        <Day label="From" value={search.get("since") ?? ""} choose={set("since")} />
        <Day label="To" value={search.get("until") ?? ""} choose={set("until")} />
      </div>
    </div>
  );
}

interface DayProps {
  label: string;
  value: string;
  choose: (day: string) => void;
}

/** A day on this clock, that day included. */
function Day({ label, value, choose }: DayProps) {
  return (
    <label className="day">
      <span className="quiet">{label}</span>
      <input
        type="date"
        className="pick"
        aria-label={`Created ${label.toLowerCase()}`}
        data-set={value !== ""}
        value={value}
        onChange={({ target }) => choose(target.value)}
      />
    </label>
  );
}
