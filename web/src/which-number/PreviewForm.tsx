import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { PhoneNumbersDocument, type RefusalFragment } from "../generated/graphql";
import { useSearchParamText, withSearchParam } from "../lists/useSearchParamText";
import { formatPhoneNumber } from "../phoneNumber";
import { useSession } from "../session/Session";
import { Field } from "../shell/Field";
import type { PreviewRequest } from "./previewRequest";
import { SpeakerFields } from "./SpeakerFields";

interface Props {
  request: PreviewRequest;
  refusal: RefusalFragment | null;
}

export function PreviewForm({ request, refusal }: Props) {
  const [, setSearch] = useSearchParams();
  const [from, setFrom] = useSearchParamText("from");
  const [to, setTo] = useSearchParamText("to");
  const isFieldRefused = (name: string) => refusal?.field?.[0] === name;
  return (
    <form className="form" onSubmit={(event) => event.preventDefault()}>
      <Field
        label="Dial from"
        hint="agentNumber: exactly this number. Leave it empty to let Dialtree choose one."
        isInvalid={isFieldRefused("agentNumber")}
      >
        {(controlProps) => (
          <>
            <input
              {...controlProps}
              list="dialable"
              type="tel"
              autoComplete="off"
              placeholder="Any"
              value={from}
              onChange={({ target }) => setFrom(target.value)}
            />
            <DialableNumbers />
          </>
        )}
      </Field>
      <SpeakerFields request={request} isFieldRefused={isFieldRefused} />
      <label className="check">
        <input
          type="checkbox"
          checked={request.input.allowFallback ?? false}
          onChange={({ target }) =>
            setSearch((old) => withSearchParam(old, "fallback", target.checked ? "yes" : ""), { replace: true })
          }
        />
        <span>
          Allow fallback <span className="muted">any own number will do where none is bound to the agent</span>
        </span>
      </label>
      <Field label="Call" hint="The number to call; checked if given." isInvalid={isFieldRefused("to")}>
        {(controlProps) => (
          <input
            {...controlProps}
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

function DialableNumbers() {
  const { organizationId, canRead } = useSession();
  const variables = { organizationId, first: 100, withAgents: false, withTrunks: false };
  const [{ data }] = useQuery({ query: PhoneNumbersDocument, variables, pause: !canRead("PHONE_NUMBERS") });
  return (
    <datalist id="dialable">
      {data?.phoneNumbers.nodes.map(({ id, e164, access, organization }) => (
        <option key={id} value={formatPhoneNumber(e164)}>
          {access === "SHARED" ? `borrowed from ${organization.name}` : organization.name}
        </option>
      ))}
    </datalist>
  );
}
