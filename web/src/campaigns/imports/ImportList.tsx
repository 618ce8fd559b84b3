import { useState } from "react";
import { EmptyState } from "../../shell/EmptyState";
import { ErrorMessage } from "../../shell/ErrorMessage";
import { Loading } from "../../shell/Loading";
import { ImportRow } from "./ImportRow";
import { useImports } from "./useImports";

interface Props {
  campaignId: string;
  /** Counts the files that were sent from here: the list is read again after each. */
  generation: number;
  /** The import whose refused rows are shown. */
  open: string | null;
  onOpen: (importId: string | null) => void;
}

const COLUMNS = ["Started", "Status", "Rows", "Added or changed", "There already", "Refused"] as const;

/** A campaign's imports, newest first, with what became of their rows. */
export function ImportList(props: Props) {
  return (
    <section aria-labelledby="all-imports">
      <h2 id="all-imports">Files so far</h2>
      <ImportPage {...props} after={null} />
    </section>
  );
}

/** A page of the list and, once it is asked for, the next one below. */
function ImportPage({ after, ...props }: Props & { after: string | null }) {
  const { page, error, read } = useImports(props.campaignId, after, props.generation);
  const [showsMore, setShowsMore] = useState(false);
  if (!page) return error ? <ErrorMessage error={error} retry={read} /> : <Loading label="imports" />;
  if (page.nodes.length === 0 && !after) return <NoImports />;
  const next = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  return (
    <>
      {error && <ErrorMessage error={error} retry={read} />}
      <table className="import-table" aria-label={after ? "Older imports" : "Imports, newest first"}>
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        {page.nodes.map((row) => (
          <ImportRow key={row.id} row={row} isOpen={row.id === props.open} onOpen={props.onOpen} />
        ))}
      </table>
      {next && showsMore && <ImportPage {...props} after={next} />}
      {next && !showsMore && (
        <button type="button" className="button small more-imports" onClick={() => setShowsMore(true)}>
          Show older imports
        </button>
      )}
    </>
  );
}

function NoImports() {
  return <EmptyState title="No file yet" advice="What becomes of each file that is sent will be listed here." />;
}
