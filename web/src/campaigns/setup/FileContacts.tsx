import { useState } from "react";
import { Field } from "../../shell/Field";
import { AddedSummary } from "./AddedSummary";
import { RefusedRows } from "./RefusedRows";
import { RegionField } from "./RegionField";
import type { ContactsProps } from "./TypedContacts";
import { useContactUpload } from "./useContactUpload";

const HINT =
  "UTF-8, separated by commas. The first line names the columns: e164, and where you like externalId, timeZone, agentNumber, notBefore; others become variables.";

/** Contacts of a CSV file, which are in the campaign while the file still arrives. */
export function FileContacts({ campaignId, region, onRegionChange, onAdded }: ContactsProps) {
  const [file, setFile] = useState<File | null>(null);
  const { send, cancel, upload, found, download, errorMessage } = useContactUpload(campaignId);
  const isSending = upload !== null && !upload.isOver;
  const rows = found?.refusals.nodes.map(({ line, e164, message }) => ({ line, number: e164 ?? "", message })) ?? [];
  return (
    <>
      <div className="field-row">
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
        <RegionField value={region} onChange={onRegionChange} />
      </div>
      <div className="setup-action">
        <button
          type="button"
          className="button"
          disabled={!file || isSending}
          onClick={() => file && void send(file, region || null).then(onAdded)}
        >
          {isSending ? "Sending…" : errorMessage ? "Send it again" : "Send file"}
        </button>
        {isSending && (
          <>
            <progress aria-label="Sent of the file" value={upload.sent} max={1} />
            <button type="button" className="button small" onClick={cancel}>
              Stop
            </button>
          </>
        )}
        {found && !isSending && <AddedSummary {...found} />}
      </div>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      {found && <RefusedRows rows={rows} total={found.refused} download={() => void download()} />}
    </>
  );
}
