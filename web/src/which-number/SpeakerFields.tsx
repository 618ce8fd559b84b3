import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { AgentVersionsDocument } from "../generated/graphql";
import { useSearchParamText, withSearchParam } from "../lists/useSearchParamText";
import { AgentComboBox } from "../combo-box/AgentComboBox";
import { useSession } from "../session/Session";
import { describeError } from "../shell/errorText";
import { Field } from "../shell/Field";
import { type PreviewRequest, type Speaker, SPEAKER_LABELS } from "./previewRequest";

interface Props {
  request: PreviewRequest;
  /** Tells whether this input field was refused. */
  isFieldRefused: (field: string) => boolean;
}

export function SpeakerFields({ request, isFieldRefused }: Props) {
  const [, setSearch] = useSearchParams();
  const { speaker } = request;
  const choose = (one: string) => setSearch((old) => withSearchParam(old, "speaker", one), { replace: true });
  return (
    <fieldset className="radio-group">
      <legend className="legend">Who speaks</legend>
      <div className="segments">
        {(Object.keys(SPEAKER_LABELS) as Speaker[]).map((one) => (
          <label key={one}>
            <input type="radio" name="speaker" checked={speaker === one} onChange={() => choose(one)} />
            {SPEAKER_LABELS[one]}
          </label>
        ))}
      </div>
      {speaker === "" && (
        <p className="muted small">Nothing is sent: the agent in the outbound slot of the number named above speaks.</p>
      )}
      {(speaker === "agent" || speaker === "version") && (
        <AgentField request={request} isInvalid={isFieldRefused("agentId")} />
      )}
      {speaker === "version" && <VersionField request={request} isInvalid={isFieldRefused("agentVersionId")} />}
      {speaker === "version" && <SendAgentTooCheckbox request={request} />}
      {speaker === "inline" && (
        <ConfigField errorMessage={request.invalidReason} isInvalid={isFieldRefused("agentConfig")} />
      )}
    </fieldset>
  );
}

interface AgentFieldProps {
  request: PreviewRequest;
  isInvalid: boolean;
}

function AgentField({ request, isInvalid }: AgentFieldProps) {
  const { canRead } = useSession();
  const [, setSearch] = useSearchParams();
  if (!canRead("AGENTS")) return <IdField name="agent" label="Agent’s id" isInvalid={isInvalid} />;
  return (
    <AgentComboBox
      value={request.agentId}
      onChange={(id) =>
        setSearch((old) => withSearchParam(withSearchParam(old, "agent", id), "version", ""), { replace: true })
      }
      isInvalid={isInvalid}
    />
  );
}

function VersionField({ request, isInvalid }: AgentFieldProps) {
  const { canRead } = useSession();
  const [, setSearch] = useSearchParams();
  const pause = !canRead("AGENTS") || !request.agentId;
  const [{ data, error }] = useQuery({ query: AgentVersionsDocument, variables: { id: request.agentId }, pause });
  if (!canRead("AGENTS")) return <IdField name="version" label="Version’s id" isInvalid={isInvalid} />;
  const versions = data?.node?.__typename === "Agent" ? data.node.versions.nodes : [];
  return (
    <Field
      label="Version"
      isInvalid={isInvalid}
      errorMessage={error ? `${describeError(error).title}. Choose the agent again to try again.` : undefined}
    >
      {(controlProps) => (
        <select
          {...controlProps}
          disabled={!request.agentId}
          value={request.versionId}
          onChange={({ target }) =>
            setSearch((old) => withSearchParam(old, "version", target.value), { replace: true })
          }
        >
          <option value="">Choose a version</option>
          {versions.map(({ id, number, published }) => (
            <option key={id} value={id}>
              v{number} {published ? "" : "(draft)"}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The version alone is enough. Sent together, an agent and a version of another agent are refused. */
function SendAgentTooCheckbox({ request }: { request: PreviewRequest }) {
  const [, setSearch] = useSearchParams();
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={request.input.agentId !== undefined}
        disabled={!request.agentId}
        onChange={({ target }) =>
          setSearch((old) => withSearchParam(old, "both", target.checked ? "yes" : ""), { replace: true })
        }
      />
      <span>
        Send the agent too <span className="muted">agentId beside agentVersionId</span>
      </span>
    </label>
  );
}

function IdField({ name, label, isInvalid }: { name: string; label: string; isInvalid: boolean }) {
  const [typed, setTyped] = useSearchParamText(name);
  return (
    <Field label={label} hint="Your key may not list agents." isInvalid={isInvalid}>
      {(controlProps) => (
        <input {...controlProps} autoComplete="off" value={typed} onChange={({ target }) => setTyped(target.value)} />
      )}
    </Field>
  );
}

function ConfigField({ errorMessage, isInvalid }: { errorMessage: string | null; isInvalid: boolean }) {
  const [typed, setTyped] = useSearchParamText("config");
  return (
    <Field
      label="Agent’s configuration"
      hint="agentConfig: a JSON object."
      errorMessage={errorMessage ?? undefined}
      isInvalid={isInvalid}
    >
      {(controlProps) => (
        <textarea
          {...controlProps}
          spellCheck={false}
          placeholder='{ "instructions": "…" }'
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      )}
    </Field>
  );
}
