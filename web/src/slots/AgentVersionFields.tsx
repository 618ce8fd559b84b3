import { AgentComboBox } from "../combo-box/AgentComboBox";
import { describeError } from "../shell/errorText";
import { Field } from "../shell/Field";
import type { useVersionChoice } from "./useVersionChoice";

interface Props {
  choice: ReturnType<typeof useVersionChoice>;
  onChoiceChange: () => void;
}

function versionError({ versions, agentId, loading, error }: Props["choice"]): string | undefined {
  if (!agentId || loading || versions.length > 0) return undefined;
  if (error) return `${describeError(error).title}. Choose the agent again to try again.`;
  return "It has no version yet: create one with createAgentVersion.";
}

export function AgentVersionFields({ choice, onChoiceChange }: Props) {
  const { versions, chosen, agentId } = choice;
  return (
    <div className="field-row">
      <AgentComboBox
        required
        value={agentId}
        onChange={(id) => {
          choice.setAgent(id);
          onChoiceChange();
        }}
      />
      <Field label="Version" errorMessage={versionError(choice)}>
        {(controlProps) => (
          <select
            {...controlProps}
            required
            disabled={versions.length === 0}
            value={chosen?.version.id ?? ""}
            onChange={({ target }) => {
              choice.setVersion(target.value);
              onChoiceChange();
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
