import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { AgentsDocument, TrunksDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { Pick } from "../shell/Pick";
import { withParameter } from "../lists/useTyped";
import { CHOICES, type Choice, cleared, readView } from "./view";

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
