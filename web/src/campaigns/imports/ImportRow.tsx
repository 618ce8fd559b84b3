import { useQuery } from "urql";
import { ContactImportDocument, type ContactImportRowFragment } from "../../generated/graphql";
import { ErrorMessage } from "../../shell/ErrorMessage";
import { Loading } from "../../shell/Loading";
import { RelativeTime } from "../../shell/RelativeTime";
import { RefusedRows } from "../setup/RefusedRows";
import { readRefusals } from "../setup/refusedRows";
import { useRefusalsDownload } from "../setup/useRefusalsDownload";
import { adviceOf, IMPORT_STATUS_LABELS } from "./importStatus";

interface Props {
  row: ContactImportRowFragment;
  isOpen: boolean;
  onOpen: (importId: string | null) => void;
}

const COUNTS = [
  ["rows", "Rows"],
  ["accepted", "Added or changed"],
  ["unchanged", "There already"],
] as const;

/** An import with its counts and, where it is open, its refused rows below. */
export function ImportRow({ row, isOpen, onOpen }: Props) {
  const { id, status, refused, createdAt } = row;
  return (
    <tbody>
      <tr data-import={id}>
        <th scope="row">
          <RelativeTime at={createdAt} />
        </th>
        <td>
          <span className="status import-status" data-import-status={status}>
            <span className="status-dot" aria-hidden="true" />
            {IMPORT_STATUS_LABELS[status]}
          </span>
        </td>
        {COUNTS.map(([name, label]) => (
          <td key={name} className="import-count" data-label={label}>
            {row[name].toLocaleString("en")}
          </td>
        ))}
        <td className="import-count" data-label="Refused">
          {refused === 0 ? (
            "0"
          ) : (
            <button
              type="button"
              className="button small"
              aria-expanded={isOpen}
              aria-label={`${refused.toLocaleString("en")} refused: ${isOpen ? "hide" : "show"} them`}
              onClick={() => onOpen(isOpen ? null : id)}
            >
              {refused.toLocaleString("en")}
            </button>
          )}
        </td>
      </tr>
      {isOpen && (refused > 0 || adviceOf(status)) && (
        <tr className="import-details">
          <td colSpan={6}>
            {adviceOf(status) && <p className="note">{adviceOf(status)}</p>}
            {refused > 0 && <Refusals key={refused} row={row} />}
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** The refused rows of an import; mounted anew, and so read anew, where their number has changed. */
function Refusals({ row }: { row: ContactImportRowFragment }) {
  const { download, errorMessage } = useRefusalsDownload();
  const [{ data, error }, read] = useQuery({
    query: ContactImportDocument,
    variables: { id: row.id },
    requestPolicy: "cache-and-network",
  });
  const found = data?.node?.__typename === "ContactImport" ? data.node : null;
  if (!found && error) return <ErrorMessage error={error} retry={() => read({ requestPolicy: "network-only" })} />;
  if (!found) return <Loading label="the refused rows" />;
  return (
    <RefusedRows
      rows={readRefusals(found)}
      total={found.refused}
      errorMessage={errorMessage}
      download={() => void download(row.uploadPath)}
    />
  );
}
