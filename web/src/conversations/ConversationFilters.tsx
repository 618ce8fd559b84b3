import { useRef } from "react";
import { useSearchParams } from "wouter";
import { useSearchParamText, withSearchParam } from "../lists/useSearchParamText";
import { AgentComboBox } from "../combo-box/AgentComboBox";
import { useSession } from "../session/Session";
import { FilterSelect } from "../shell/FilterSelect";
import { useShortcut } from "../shell/useShortcut";
import { STATUS_CHOICES } from "./conversationFilter";

const DIRECTION_OPTIONS = [
  ["outbound", "Outbound"],
  ["inbound", "Inbound"],
] as const;

export function ConversationFilters() {
  const { canRead } = useSession();
  const [search, setSearch] = useSearchParams();
  const [from, setFrom] = useSearchParamText("from");
  const [other, setOther] = useSearchParamText("with");
  const first = useRef<HTMLInputElement>(null);
  useShortcut("/", () => first.current?.select());
  const set = (name: string) => (value: string) => setSearch((old) => withSearchParam(old, name, value));
  return (
    <div className="toolbar">
      <input
        ref={first}
        type="search"
        className="search"
        aria-label="Our number"
        aria-keyshortcuts="/"
        placeholder="Our number  /"
        value={from}
        onChange={({ target }) => setFrom(target.value)}
      />
      <input
        type="search"
        className="search"
        aria-label="Other party"
        placeholder="Other party"
        value={other}
        onChange={({ target }) => setOther(target.value)}
      />
      <div className="filters" role="group" aria-label="Filters">
        <FilterSelect
          label="Direction"
          value={search.get("direction") ?? ""}
          options={DIRECTION_OPTIONS}
          onChange={set("direction")}
        />
        <FilterSelect
          label="Status"
          value={search.get("status") ?? ""}
          options={STATUS_CHOICES}
          onChange={set("status")}
        />
        {canRead("AGENTS") && <AgentComboBox labelInField value={search.get("agent") ?? ""} onChange={set("agent")} />}
        <DayFilter label="From" value={search.get("since") ?? ""} onChange={set("since")} />
        <DayFilter label="To" value={search.get("until") ?? ""} onChange={set("until")} />
      </div>
    </div>
  );
}

interface DayProps {
  label: string;
  value: string;
  onChange: (day: string) => void;
}

/** A filter by a day in the local time zone, that day included. */
function DayFilter({ label, value, onChange }: DayProps) {
  return (
    <label className="day-filter">
      <span className="muted">{label}</span>
      <input
        type="date"
        className="select"
        aria-label={`Created ${label.toLowerCase()}`}
        data-active={value !== ""}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}
