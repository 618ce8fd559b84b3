import { describeUpload } from "./describeUpload";
import type { Upload } from "./useContactUpload";

interface Props {
  upload: Upload;
  cancel: () => void;
}

/** How much of a file is sent, and how many of its rows the server has read. */
export function UploadProgress({ upload, cancel }: Props) {
  return (
    <>
      <progress aria-label="Sent of the file" value={upload.sent} max={1} />
      <span className="muted small">{describeUpload(upload.sent, upload.rows)}</span>
      <button type="button" className="button small" onClick={cancel}>
        Stop
      </button>
    </>
  );
}
