import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { AgentVersionsDocument } from "../generated/graphql";
import { useTyped, withParameter } from "../lists/useTyped";
import { AgentPick } from "../picks/AgentPick";
import { useSession } from "../session/Session";
import { explain } from "../shell/explain";
import { Field } from "../shell/Field";
import { type Request, type Speaker, SPEAKERS } from "./request";

interface Props {
  request: Request;
  about: (field: string) => string | undefined;
}

export function SpeakerFields({ request, about }: Props) {
  const [, setSearch] = useSearchParams();
  const { speaker } = request;
  const choose = (one: string) => setSearch((old) => withParameter(old, "speaker", one), { replace: true });
  return (
    <fieldset className="speaker">
      <legend className="legend">Who speaks</legend>
      <div className="segments">
        {(Object.keys(SPEAKERS) as Speaker[]).map((one) => (
          <label key={one}>
            <input type="radio" name="speaker" checked={speaker === one} onChange={() => choose(one)} />
            {SPEAKERS[one]}
          </label>
        ))}
      </div>
      {(speaker === "agent" || speaker === "version") && (
        <AgentField request={request} complaint={speaker === "agent" ? about("agentId") : undefined} />
      )}
      {speaker === "version" && <VersionField request={request} complaint={about("agentVersionId")} />}
      {speaker === "version" && <BothCheck request={request} complaint={about("agentId")} />}
      {speaker === "inline" && <ConfigField complaint={request.wrong ?? about("agentConfig")} />}
    </fieldset>
  );
}

interface PickProps {
  request: Request;
  complaint: string | undefined;
}

function AgentField({ request, complaint }: PickProps) {
  const { reads } = useSession();
  const [, setSearch] = useSearchParams();
  if (!reads("AGENTS")) return <IdField name="agent" label="Agent’s id" complaint={complaint} />;
  return (
    <AgentPick
      value={request.agentId}
      choose={(id) =>
        setSearch((old) => withParameter(withParameter(old, "agent", id), "version", ""), { replace: true })
      }
      complaint={complaint}
    />
  );
}

function VersionField({ request, complaint }: PickProps) {
  const { reads } = useSession();
  const [, setSearch] = useSearchParams();
  const pause = !reads("AGENTS") || !request.agentId;
  const [{ data, error }] = useQuery({ query: AgentVersionsDocument, variables: { id: request.agentId }, pause });
  if (!reads("AGENTS")) return <IdField name="version" label="Version’s id" complaint={complaint} />;
  const versions = data?.node?.__typename === "Agent" ? data.node.versions.nodes : [];
  return (
    <Field
      label="Version"
      complaint={error ? `${explain(error).title}. Choose the agent again to try again.` : complaint}
    >
      {(wiring) => (
        <select
          {...wiring}
          disabled={!request.agentId}
          value={request.versionId}
          onChange={({ target }) => setSearch((old) => withParameter(old, "version", target.value), { replace: true })}
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

/** The version alone says who speaks; with its agent beside it, a version of another one is refused. */
function BothCheck({ request, complaint }: PickProps) {
  const [, setSearch] = useSearchParams();
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={request.input.agentId !== undefined}
          disabled={!request.agentId}
          onChange={({ target }) =>
            setSearch((old) => withParameter(old, "both", target.checked ? "yes" : ""), { replace: true })
          }
        />
        <span>
          Send the agent too <span className="quiet">agentId beside agentVersionId</span>
        </span>
      </label>
      {complaint && (
        <p role="alert" className="field-error">
          {complaint}
        </p>
      )}
    </>
  );
}

function IdField({ name, label, complaint }: { name: string; label: string; complaint: string | undefined }) {
  const [typed, setTyped] = useTyped(name);
  return (
    <Field label={label} hint="Your key may not list agents." complaint={complaint}>
      {(wiring) => (
        <input {...wiring} autoComplete="off" value={typed} onChange={({ target }) => setTyped(target.value)} />
      )}
    </Field>
  );
}

function ConfigField({ complaint }: { complaint: string | undefined }) {
  const [typed, setTyped] = useTyped("config");
  return (
    <Field label="Agent’s configuration" hint="agentConfig: a JSON object." complaint={complaint}>
      {(wiring) => (
        <textarea
          {...wiring}
          spellCheck={false}
          placeholder='{ "instructions": "…" }'
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      )}
    </Field>
  );
}
