import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { AgentsDocument, TrunksDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { CHOICES, type Choice, cleared, readView, withParameter } from "./view";

export function Filters() {
  const [search, setSearch] = useSearchParams();
  const { organizationId, reads } = useSession();
  const variables = { organizationId };
  const [trunks] = useQuery({ query: TrunksDocument, variables, pause: !reads("TRUNKS") });
  const [agents] = useQuery({ query: AgentsDocument, variables, pause: !reads("AGENTS") });
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
      {trunks.data && (
        <Pick
          label="Trunk"
          value={search.get("trunk") ?? ""}
          options={trunks.data.trunks.nodes.map(({ id, name }) => [id, name])}
          choose={set("trunk")}
        />
      )}
      {agents.data && (
        <Pick
          label="Agent"
          value={search.get("agent") ?? ""}
          options={agents.data.agents.nodes.map(({ id, name }) => [id, name])}
          choose={set("agent")}
        />
      )}
      {view.filtered && (
        <button className="button quiet-button small" onClick={() => setSearch(cleared)}>
          Clear filters
        </button>
      )}
    </div>
  );
}

interface PickProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  choose: (value: string) => void;
}

function Pick({ label, value, options, choose }: PickProps) {
  const unknown = value !== "" && !options.some(([id]) => id === value);
  return (
    <select
      className="pick"
      aria-label={label}
      data-set={value !== ""}
      value={value}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">{label}</option>
      {unknown && <option value={value}>{label}: unknown</option>}
      {options.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
