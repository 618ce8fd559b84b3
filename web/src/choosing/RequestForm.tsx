import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { PhoneNumbersDocument, type RefusalFragment } from "../generated/graphql";
import { useTyped, withParameter } from "../lists/useTyped";
import { written } from "../phone";
import { useSession } from "../session/Session";
import { Field } from "../shell/Field";
import type { Request } from "./request";
import { SpeakerFields } from "./SpeakerFields";

interface Props {
  request: Request;
  refusal: RefusalFragment | null;
}

export function RequestForm({ request, refusal }: Props) {
  const [, setSearch] = useSearchParams();
  const [from, setFrom] = useTyped("from");
  const [to, setTo] = useTyped("to");
  const about = (name: string) => (refusal?.field?.[0] === name ? refusal.message : undefined);
  return (
    <form className="form" onSubmit={(event) => event.preventDefault()}>
      <Field
        label="Dial from"
        hint="agentNumber: exactly this number. Leave it empty to have one found."
        complaint={about("agentNumber")}
      >
        {(wiring) => (
          <>
            <input
              {...wiring}
              list="dialable"
              type="tel"
              autoComplete="off"
              placeholder="Any"
              value={from}
              onChange={({ target }) => setFrom(target.value)}
            />
            <Dialable />
          </>
        )}
      </Field>
      <SpeakerFields request={request} about={about} />
      <label className="check">
        <input
          type="checkbox"
          checked={request.input.allowFallback ?? false}
          onChange={({ target }) =>
            setSearch((old) => withParameter(old, "fallback", target.checked ? "yes" : ""), { replace: true })
          }
        />
        <span>
          Allow fallback <span className="quiet">any own number will do where none is bound to the agent</span>
        </span>
      </label>
      <Field label="Call" hint="Whom to call; checked where given." complaint={about("to")}>
        {(wiring) => (
          <input
            {...wiring}
            type="tel"
            autoComplete="off"
            placeholder="+1 206 555 0199"
            value={to}
            onChange={({ target }) => setTo(target.value)}
          />
        )}
      </Field>
    </form>
  );
}

function Dialable() {
  const { organizationId, reads } = useSession();
  const variables = { organizationId, first: 100, withAgents: false, withTrunks: false };
  const [{ data }] = useQuery({ query: PhoneNumbersDocument, variables, pause: !reads("PHONE_NUMBERS") });
  return (
    <datalist id="dialable">
      {data?.phoneNumbers.nodes.map(({ id, e164, access, organization }) => (
        <option key={id} value={written(e164)}>
          {access === "SHARED" ? `borrowed from ${organization.name}` : organization.name}
        </option>
      ))}
    </datalist>
  );
}
