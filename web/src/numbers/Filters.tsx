import { useSearchParams } from "wouter";
import { AgentPick } from "../picks/AgentPick";
import { TrunkFilter } from "../picks/TrunkPick";
import { useSession } from "../session/Session";
import { Pick } from "../shell/Pick";
import { withParameter } from "../lists/useTyped";
import { CHOICES, type Choice, cleared, readView } from "./view";

export function Filters() {
  const [search, setSearch] = useSearchParams();
  const { reads } = useSession();
  const set = (name: string) => (value: string) => setSearch((old) => withParameter(old, name, value));
  const view = readView(search);
  return (
    <div className="filters" role="group" aria-label="Filters">
      {(Object.keys(CHOICES) as Choice[]).map((name) => (
        <Pick
          key={name}
          label={CHOICES[name].label}
          value={search.get(name) ?? ""}
          options={Object.entries(CHOICES[name].values)}
          choose={set(name)}
        />
      ))}
      {reads("TRUNKS") && <TrunkFilter value={search.get("trunk") ?? ""} choose={set("trunk")} />}
      {reads("AGENTS") && <AgentPick bare value={search.get("agent") ?? ""} choose={set("agent")} />}
      {view.filtered && (
        <button className="button quiet-button small" onClick={() => setSearch(cleared)}>
          Clear filters
        </button>
      )}
    </div>
  );
}
