import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { CallControls } from "../../conversations/CallControls";
import { LiveStatus } from "../../conversations/LiveStatus";
import { formatPhoneNumber } from "../../phoneNumber";
import { useSession } from "../../session/Session";
import { Field } from "../../shell/Field";
import { usePlaceCall } from "../../which-number/usePlaceCall";
import type { SetupStepProps } from "./SetupPage";
import { testCallInput } from "./testCallInput";

/** Calls a number of one's own from the campaign's number, with its agent, and shows how the call goes. */
export function TestCall({ campaign }: Pick<SetupStepProps, "campaign">) {
  const { organizationId, canManage, href } = useSession();
  const numbers = campaign.pool.map(({ e164 }) => e164);
  const [to, setTo] = useState("");
  const [from, setFrom] = useState(numbers[0] ?? "");
  const input = testCallInput(campaign, { organizationId, from, to });
  const { placeCall, busy, conversations, errorMessage } = usePlaceCall({ input });
  if (!canManage("CONVERSATIONS")) {
    return <p className="note">A test call takes a key with the scope CONVERSATIONS_MANAGE.</p>;
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    void placeCall();
  }
  return (
    <section className="panel test-call" aria-labelledby="test-call">
      <h2 id="test-call">One test call</h2>
      <form className="form" onSubmit={submit}>
        <div className="field-row">
          <Field label="Call" hint="A number of yours, with its country code.">
            {(controlProps) => (
              <input
                {...controlProps}
                type="tel"
                required
                autoComplete="off"
                placeholder="+"
                value={to}
                onChange={({ target }) => setTo(target.value)}
              />
            )}
          </Field>
          {numbers.length > 0 && (
            <Field label="From" hint="One of the pool.">
              {(controlProps) => (
                <select {...controlProps} value={from} onChange={({ target }) => setFrom(target.value)}>
                  {numbers.map((e164) => (
                    <option key={e164} value={e164}>
                      {formatPhoneNumber(e164)}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
        </div>
        <button className="button" disabled={busy}>
          {busy ? "Calling…" : conversations.length ? "Call again" : "Call me"}
        </button>
      </form>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      {conversations.map((conversation) => (
        <div key={conversation.id} className="placed-call">
          <LiveStatus conversation={conversation} />
          <CallControls conversation={conversation} />
          <Link href={href(`/conversations/${conversation.id}`)}>Open the conversation</Link>
        </div>
      ))}
    </section>
  );
}
