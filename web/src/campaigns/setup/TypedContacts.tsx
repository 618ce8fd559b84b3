import { useState } from "react";
import { Field } from "../../shell/Field";
import { formatCount } from "../labels";
import { AddOptionsFields } from "./AddOptionsFields";
import type { AddOptions } from "./addOptions";
import { AddedSummary } from "./AddedSummary";
import { describeColumns } from "./contactTable";
import { RefusedRows } from "./RefusedRows";
import { refusedRowsCsv, saveFile } from "./refusedRows";
import { readColumns, readTypedContacts } from "./typedContacts";
import { useAddContacts } from "./useAddContacts";

export interface ContactsProps {
  campaignId: string;
  options: AddOptions;
  onOptionsChange: (options: AddOptions) => void;
  onAdded: () => void;
}

/** Contacts that are typed or pasted, a line each. The text stays while some of it was refused, to be corrected. */
export function TypedContacts({ campaignId, options, onOptionsChange, onAdded }: ContactsProps) {
  const [text, setText] = useState("");
  const contacts = readTypedContacts(text);
  const columns = readColumns(text);
  const { add, progress, added, errorMessage } = useAddContacts(campaignId);
  const refused = added?.refused ?? [];

  async function submit() {
    if (await add(contacts, options)) setText("");
    onAdded();
  }

  return (
    <>
      <Field
        label="Numbers"
        hint="One a line, with its country code. After a comma an id of yours may follow. Or paste a table whose first line names its columns: e164, externalId, timeZone, agentNumber, notBefore; any other becomes a variable for the agent."
      >
        {(controlProps) => (
          <textarea
            {...controlProps}
            className="contact-lines"
            spellCheck={false}
            placeholder={"+1 206 555 0142\n+1 503 555 0187, patient-17"}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        )}
      </Field>
      {columns && (
        <p role="status" className="note">
          {describeColumns(columns)}
        </p>
      )}
      <AddOptionsFields options={options} onChange={onOptionsChange} />
      <div className="setup-action">
        <button
          type="button"
          className="button"
          disabled={contacts.length === 0 || progress !== null}
          onClick={() => void submit()}
        >
          {progress ? `Adding ${progress.sent.toLocaleString("en")} of ${progress.of.toLocaleString("en")}…` : null}
          {progress ? null : contacts.length ? `Add ${formatCount(contacts.length, "contact")}` : "Add contacts"}
        </button>
        {added && <AddedSummary {...added} refused={refused.length} />}
      </div>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      <RefusedRows
        rows={refused}
        total={refused.length}
        download={() => saveFile("refused-contacts.csv", new Blob([refusedRowsCsv(refused)], { type: "text/csv" }))}
      />
    </>
  );
}
