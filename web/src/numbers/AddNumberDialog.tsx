import { type FormEvent, useState } from "react";
import { useMutation } from "urql";
import { CreatePhoneNumberDocument, type RefusalFragment } from "../generated/graphql";
import { written } from "../phone";
import { OwnTrunkPick } from "../picks/TrunkPick";
import { useSession } from "../session/Session";
import { Dialog } from "../shell/Dialog";
import { complaintOf, Field } from "../shell/Field";
import { explain } from "../shell/explain";
import { say } from "../shell/toasts";

const FIELDS = ["e164", "trunkId"];

export function AddNumberDialog({ close, added }: { close: () => void; added: () => unknown }) {
  const { organizationId } = useSession();
  const [refusals, setRefusals] = useState<readonly RefusalFragment[]>([]);
  const [trunkId, setTrunkId] = useState("");
  const [{ fetching, error }, create] = useMutation(CreatePhoneNumberDocument);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const e164 = String(form.get("e164"));
    const input = { organizationId, e164, trunkId, shareable: form.has("shareable") };
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
        <TrunkField value={trunkId} choose={setTrunkId} complaint={complaintOf(refusals, "trunkId")} />
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

interface TrunkFieldProps {
  value: string;
  choose: (id: string) => void;
  complaint: string | undefined;
}

function TrunkField(props: TrunkFieldProps) {
  const { reads } = useSession();
  if (reads("TRUNKS")) return <OwnTrunkPick {...props} />;
  return (
    <Field label="Trunk" hint="Your key may not list trunks: enter the trunk's id, trk_…." complaint={props.complaint}>
      {(wiring) => (
        <input
          {...wiring}
          required
          autoComplete="off"
          placeholder="trk_…"
          value={props.value}
          onChange={({ target }) => props.choose(target.value)}
        />
      )}
    </Field>
  );
}
