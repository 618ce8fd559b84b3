import type { ContactImportQuery } from "../../generated/graphql";

type FoundImport = Extract<ContactImportQuery["node"], { __typename: "ContactImport" }>;

export interface RefusedRow {
  line: number;
  number: string;
  message: string;
}

/** Returns the first refused rows of an import. */
export function readRefusals({ refusals }: Pick<FoundImport, "refusals">): readonly RefusedRow[] {
  return refusals.nodes.map(({ line, e164, message }) => ({ line, number: e164 ?? "", message }));
}

/** Writes refused rows as a CSV (RFC 4180). A cell that a spreadsheet would take for a formula is marked as text. */
export function refusedRowsCsv(rows: readonly RefusedRow[]): string {
  const cells = rows.map(({ line, number, message }) => [String(line), number, message]);
  return [["line", "number", "message"], ...cells].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(text: string): string {
  const safe = /^[=@\t\r]|^[+-](?![\d ()-]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lets the browser save a file. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
