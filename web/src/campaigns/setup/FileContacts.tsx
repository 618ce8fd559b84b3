import { FileForm } from "./FileForm";
import { RefusedRows } from "./RefusedRows";
import { readRefusals } from "./refusedRows";
import type { ContactsProps } from "./TypedContacts";
import { useContactUpload } from "./useContactUpload";
import { useRefusalsDownload } from "./useRefusalsDownload";

/** Contacts of a CSV file, and the rows of it that were refused. */
export function FileContacts({ campaignId, options, onOptionsChange, onAdded }: ContactsProps) {
  const contactUpload = useContactUpload(campaignId);
  const { found } = contactUpload;
  const { download, errorMessage } = useRefusalsDownload();
  return (
    <>
      <FileForm contactUpload={contactUpload} options={options} onOptionsChange={onOptionsChange} onSent={onAdded} />
      {found && (
        <RefusedRows
          rows={readRefusals(found)}
          total={found.refused}
          errorMessage={errorMessage}
          download={() => void download(found.uploadPath)}
        />
      )}
    </>
  );
}
