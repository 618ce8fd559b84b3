import { AgentComboBox } from "../../combo-box/AgentComboBox";
import type { RefusalFragment } from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { describeError } from "../../shell/errorText";
import { Field, findFieldError } from "../../shell/Field";
import type { useAgentChoice } from "./useAgentChoice";

/** The input fields that these fields set. */
export const AGENT_FIELDS = ["name", "agentVersionId", "initialContext"] as const;

interface Props {
  name: string;
  onNameChange: (name: string) => void;
  choice: ReturnType<typeof useAgentChoice>;
  context: string;
  onContextChange: (context: string) => void;
  refusals: readonly RefusalFragment[];
  /** The agent cannot be changed while the campaign runs. */
  isRunning?: boolean;
}

/** A campaign's name, who speaks, and what the agent is told of every call. */
export function AgentFields({ name, onNameChange, choice, context, onContextChange, refusals, isRunning }: Props) {
  return (
    <>
      <Field label="Name" errorMessage={findFieldError(refusals, "name")}>
        {(controlProps) => (
          <input
            {...controlProps}
            required
            maxLength={200}
            autoComplete="off"
            placeholder="Check-up reminders"
            value={name}
            onChange={({ target }) => onNameChange(target.value)}
          />
        )}
      </Field>
      {isRunning ? (
        <p className="note">While the campaign runs its agent stays. Pause it to choose another.</p>
      ) : (
        <AgentChoice choice={choice} errorMessage={findFieldError(refusals, "agentVersionId")} />
      )}
      <Field
        label="What the agent is told of every call"
        hint="Optional. Each contact’s variables are told beside it."
        errorMessage={findFieldError(refusals, "initialContext")}
      >
        {(controlProps) => (
          <textarea
            {...controlProps}
            className="prose"
            value={context}
            onChange={({ target }) => onContextChange(target.value)}
          />
        )}
      </Field>
    </>
  );
}

function AgentChoice({ choice, errorMessage }: { choice: Props["choice"]; errorMessage: string | undefined }) {
  const { canRead } = useSession();
  if (!canRead("AGENTS")) {
    return (
      <Field label="Version’s id" hint="Your key may not list agents." errorMessage={errorMessage}>
        {(controlProps) => (
          <input
            {...controlProps}
            autoComplete="off"
            placeholder="ver_…"
            value={choice.versionId ?? ""}
            onChange={({ target }) => choice.setVersion(target.value)}
          />
        )}
      </Field>
    );
  }
  return (
    <div className="field-row">
      <AgentComboBox value={choice.agentId} onChange={choice.setAgent} />
      <Field label="Version" errorMessage={errorMessage ?? versionError(choice)}>
        {(controlProps) => (
          <select
            {...controlProps}
            required
            disabled={!choice.agentId}
            value={choice.versionId ?? ""}
            onChange={({ target }) => choice.setVersion(target.value)}
          >
            {choice.versionId === null && <option value="">{choice.agentId ? "None" : "Choose an agent first"}</option>}
            {choice.versions.map(({ id, number }) => (
              <option key={id} value={id}>
                v{number} {id === choice.newest ? "newest published" : "published"}
              </option>
            ))}
          </select>
        )}
      </Field>
      {!choice.agentId && (
        <p className="muted small">Without an agent, the one in the outbound slot of its number speaks.</p>
      )}
    </div>
  );
}

function versionError({ agentId, versions, loading, error }: Props["choice"]): string | undefined {
  if (error) return `${describeError(error).title}. Choose the agent again to try again.`;
  if (!agentId || loading || versions.length > 0) return undefined;
  return "It has no published version yet: publish one first.";
}
