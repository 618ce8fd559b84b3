import type { ContactImportRowFragment, ImportStatus } from "../../generated/graphql";

export const IMPORT_STATUS_LABELS: Record<ImportStatus, string> = {
  WAITING: "No file yet",
  RECEIVING: "Being read",
  COMPLETED: "Read to its end",
  FAILED: "Not read to its end",
};

export const RECEIVING_INTERVAL_MS = 1000;
export const IDLE_INTERVAL_MS = 5000;

/** Tells how soon to ask again: another tab or program may send files too. */
export function pollInterval(imports: readonly Pick<ContactImportRowFragment, "status">[]): number {
  return imports.some(({ status }) => status === "RECEIVING") ? RECEIVING_INTERVAL_MS : IDLE_INTERVAL_MS;
}

const FAILED_ADVICE =
  "Where the connection broke off, send the same file again: what has arrived already changes nothing. Where a line below says that the rest cannot be read, correct it first.";

/** Says what to do about an import; null where there is nothing to do. */
export function adviceOf(status: ImportStatus): string | null {
  return status === "FAILED" ? FAILED_ADVICE : null;
}
