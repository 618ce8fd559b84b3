import { formatCount } from "../labels";

/** Says how far an upload is: the part that was sent, and the rows that the server has read. */
export function describeUpload(sent: number, rows: number): string {
  const part = sent < 1 ? `${Math.floor(sent * 100)} % sent` : "Sent";
  return `${part}, ${formatCount(rows, "row")} read`;
}
