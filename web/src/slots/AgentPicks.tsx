import { AgentPick } from "../picks/AgentPick";
import { Field } from "../shell/Field";
import type { useChoice } from "./useChoice";

interface Props {
  choice: ReturnType<typeof useChoice>;
  forget: () => void;
}

export function AgentPicks({ choice, forget }: Props) {
  const { versions, chosen, agentId, loading } = choice;
  const none =
    agentId && !loading && versions.length === 0
      ? "It has no version yet: create one with createAgentVersion."
      : undefined;
  return (
    <div className="pair">
      <AgentPick
        required
        value={agentId}
        choose={(id) => {
          choice.setAgent(id);
          forget();
        }}
      />
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
