import { type FormEvent, useState } from "react";
import { useMutation, useQuery } from "urql";
import { CreatePhoneNumberDocument, type RefusalFragment, TrunksDocument } from "../generated/graphql";
import { written } from "../phone";
import { useSession } from "../session/Session";
import { Dialog } from "../shell/Dialog";
import { complaintOf, Field } from "../shell/Field";
import { explain } from "../shell/explain";
import { say } from "../shell/toasts";

const FIELDS = ["e164", "trunkId"];

export function AddNumberDialog({ close, added }: { close: () => void; added: () => unknown }) {
  const { organizationId } = useSession();
  const [refusals, setRefusals] = useState<readonly RefusalFragment[]>([]);
  const [{ fetching, error }, create] = useMutation(CreatePhoneNumberDocument);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const e164 = String(form.get("e164"));
    const input = { organizationId, e164, trunkId: String(form.get("trunkId")), shareable: form.has("shareable") };
    const { data } = await create({ input });
    setRefusals(data?.createPhoneNumber.userErrors ?? []);
    const number = data?.createPhoneNumber.phoneNumber;
    if (!number) return;
    say("good", `${written(number.e164)} is added.`);
    void added();
    close();
  }

  const other = complaintOf(refusals, null, FIELDS) ?? (error && explain(error).title);
  return (
    <Dialog title="Add a number" close={close}>
      <form onSubmit={submit} className="form">
        <Field
          label="Number"
          hint="With its country code, such as +1 555 123 4567."
          complaint={complaintOf(refusals, "e164")}
        >
          {(wiring) => (
            <input {...wiring} name="e164" type="tel" required data-first autoComplete="off" placeholder="+" />
          )}
        </Field>
        <TrunkField complaint={complaintOf(refusals, "trunkId")} />
        <label className="check">
          <input type="checkbox" name="shareable" /> Shareable: organizations below may dial from it
        </label>
        {other && (
          <p role="alert" className="field-error">
            {other}
          </p>
        )}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button className="button primary" disabled={fetching}>
            {fetching ? "Adding…" : "Add number"}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function TrunkField({ complaint }: { complaint: string | undefined }) {
  const { organizationId, reads } = useSession();
  const readable = reads("TRUNKS");
  const [{ data }] = useQuery({ query: TrunksDocument, variables: { organizationId }, pause: !readable });
  const trunks = (data?.trunks.nodes ?? []).filter(({ kind }) => kind !== "MANAGED_TWILIO");
  const hint = readable
    ? data && trunks.length === 0
      ? "There is no trunk of your own yet: create one with createTrunk in GraphiQL. Numbers on managed trunks are added by the operator."
      : "The way to the carrier. Managed trunks get their numbers from the operator."
    : "Your key may not list trunks: enter the trunk's id, trk_….";
  return (
    <Field label="Trunk" hint={hint} complaint={complaint}>
      {(wiring) =>
        readable ? (
          <select {...wiring} name="trunkId" required>
            {trunks.map(({ id, name, outbound }) => (
              <option key={id} value={id}>
                {name} {outbound ? "" : "(cannot dial out)"}
              </option>
            ))}
          </select>
        ) : (
          <input {...wiring} name="trunkId" required autoComplete="off" placeholder="trk_…" />
        )
      }
    </Field>
  );
}
