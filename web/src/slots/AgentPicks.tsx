import { AgentPick } from "../picks/AgentPick";
import { explain } from "../shell/explain";
import { Field } from "../shell/Field";
import type { useChoice } from "./useChoice";

interface Props {
  choice: ReturnType<typeof useChoice>;
  forget: () => void;
}

function complaintOf({ versions, agentId, loading, error }: Props["choice"]): string | undefined {
  if (!agentId || loading || versions.length > 0) return undefined;
  if (error) return `${explain(error).title}. Choose the agent again to try again.`;
  return "It has no version yet: create one with createAgentVersion.";
}

export function AgentPicks({ choice, forget }: Props) {
  const { versions, chosen, agentId } = choice;
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
      <Field label="Version" complaint={complaintOf(choice)}>
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
