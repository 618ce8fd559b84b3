import { useSearchParams } from "wouter";
import { AgentComboBox } from "../combo-box/AgentComboBox";
import { TrunkFilterComboBox } from "../combo-box/TrunkComboBox";
import { useSession } from "../session/Session";
import { FilterSelect } from "../shell/FilterSelect";
import { withSearchParam } from "../lists/useSearchParamText";
import { FILTER_OPTIONS, type FilterName, withoutFilters, readNumberListView } from "./numberListView";

export function NumberFilters() {
  const [search, setSearch] = useSearchParams();
  const { canRead } = useSession();
  const set = (name: string) => (value: string) => setSearch((old) => withSearchParam(old, name, value));
  const view = readNumberListView(search);
  return (
    <div className="filters" role="group" aria-label="Filters">
      {(Object.keys(FILTER_OPTIONS) as FilterName[]).map((name) => (
        <FilterSelect
          key={name}
          label={FILTER_OPTIONS[name].label}
          value={search.get(name) ?? ""}
          options={Object.entries(FILTER_OPTIONS[name].values)}
          onChange={set(name)}
        />
      ))}
      {canRead("TRUNKS") && <TrunkFilterComboBox value={search.get("trunk") ?? ""} onChange={set("trunk")} />}
      {canRead("AGENTS") && <AgentComboBox labelInField value={search.get("agent") ?? ""} onChange={set("agent")} />}
      {view.filtered && (
        <button className="button button-ghost small" onClick={() => setSearch(withoutFilters)}>
          Clear filters
        </button>
      )}
    </div>
  );
}
