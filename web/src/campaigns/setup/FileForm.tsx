import { useState } from "react";
import { Field } from "../../shell/Field";
import { AddedSummary } from "./AddedSummary";
import { AddOptionsFields } from "./AddOptionsFields";
import type { AddOptions } from "./addOptions";
import { UploadProgress } from "./UploadProgress";
import type { ContactUpload } from "./useContactUpload";

interface Props {
  contactUpload: ContactUpload;
  options: AddOptions;
  onOptionsChange: (options: AddOptions) => void;
  /** Called with the import's id once a file was sent, whatever became of it; null where there is no import. */
  onSent: (importId: string | null) => void;
}

const HINT =
  "A CSV in UTF-8, separated by commas. Its first line names the columns: e164, and where you like externalId, timeZone, agentNumber, notBefore; any other becomes a variable for the agent.";

/** Sends a CSV of contacts, which are in the campaign while the file still arrives. */
export function FileForm({ contactUpload, options, onOptionsChange, onSent }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const { send, cancel, upload, found, errorMessage } = contactUpload;
  const isSending = upload !== null && !upload.isOver;
  return (
    <>
      <Field label="File" hint={HINT}>
        {(controlProps) => (
          <input
            {...controlProps}
            type="file"
            accept=".csv,text/csv"
            disabled={isSending}
            onChange={({ target }) => setFile(target.files?.[0] ?? null)}
          />
        )}
      </Field>
      <AddOptionsFields options={options} onChange={onOptionsChange} />
      <div className="setup-action">
        <button
          type="button"
          className="button"
          disabled={!file || isSending}
          onClick={() => file && void send(file, options).then(onSent)}
        >
          {isSending ? "Sending…" : errorMessage && file === upload?.file ? "Send it again" : "Send file"}
        </button>
        {isSending && <UploadProgress upload={upload} cancel={cancel} />}
        {found && !isSending && <AddedSummary {...found} />}
      </div>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
    </>
  );
}
