import { type FormEvent, useState } from "react";
import { useMutation } from "urql";
import { CreatePhoneNumberDocument, type RefusalFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { OwnTrunkComboBox } from "../combo-box/TrunkComboBox";
import { useSession } from "../session/Session";
import { Dialog } from "../shell/Dialog";
import { findFieldError, Field } from "../shell/Field";
import { describeError } from "../shell/errorText";
import { showToast } from "../shell/toasts";

const FORM_FIELDS = ["e164", "trunkId"];

export function AddNumberDialog({ onClose, added }: { onClose: () => void; added: () => unknown }) {
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
    showToast("good", `${formatPhoneNumber(number.e164)} is added.`);
    void added();
    onClose();
  }

  const other = findFieldError(refusals, null, FORM_FIELDS) ?? (error && describeError(error).title);
  return (
    <Dialog title="Add a number" onClose={onClose}>
      <form onSubmit={submit} className="form">
        <Field
          label="Number"
          hint="With its country code, such as +1 555 123 4567."
          errorMessage={findFieldError(refusals, "e164")}
        >
          {(controlProps) => (
            <input
              {...controlProps}
              name="e164"
              type="tel"
              required
              data-autofocus
              autoComplete="off"
              placeholder="+"
            />
          )}
        </Field>
        <TrunkField value={trunkId} onChange={setTrunkId} errorMessage={findFieldError(refusals, "trunkId")} />
        <label className="check">
          <input type="checkbox" name="shareable" /> Shareable: organizations below may dial from it
        </label>
        {other && (
          <p role="alert" className="field-error">
            {other}
          </p>
        )}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
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
  onChange: (id: string) => void;
  errorMessage: string | undefined;
}

function TrunkField(props: TrunkFieldProps) {
  const { canRead } = useSession();
  if (canRead("TRUNKS")) return <OwnTrunkComboBox {...props} />;
  return (
    <Field
      label="Trunk"
      hint="Your key may not list trunks: enter the trunk's id, trk_…."
      errorMessage={props.errorMessage}
    >
      {(controlProps) => (
        <input
          {...controlProps}
          required
          autoComplete="off"
          placeholder="trk_…"
          value={props.value}
          onChange={({ target }) => props.onChange(target.value)}
        />
      )}
    </Field>
  );
}
