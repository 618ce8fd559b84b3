import { Field } from "../shell/Field";
import type { useChoice } from "./useChoice";

interface Props {
  choice: ReturnType<typeof useChoice>;
  forget: () => void;
}

export function AgentPicks({ choice, forget }: Props) {
  const { agents, versions, chosen, agentId, loading } = choice;
  const none =
    agentId && !loading && versions.length === 0
      ? "It has no version yet: create one with createAgentVersion."
      : undefined;
  return (
    <div className="pair">
      <Field label="Agent">
        {(wiring) => (
          <select
            {...wiring}
            required
            value={agentId}
            onChange={({ target }) => {
              choice.setAgent(target.value);
              forget();
            }}
          >
            <option value="">Choose an agent</option>
            {agents.map(({ id, name, active }) => (
              <option key={id} value={id}>
                {name}
                {active ? "" : " (inactive)"}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Version" complaint={none}>
        {(wiring) => (
          <select
            {...wiring}
            required
            disabled={versions.length === 0}
            value={chosen?.version.id ?? ""}
            onChange={({ target }) => {
              choice.setVersion(target.value);
              forget();
            }}
          >
            {versions.map(({ id, number, published }) => (
              <option key={id} value={id}>
                v{number} {published ? "published" : "draft: publishes it"}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
