import type { ContactInput } from "../../generated/graphql";

/** The columns by their names in the head, whatever their case; all others are variables, as in a file. */
const COLUMNS = ["e164", "externalId", "timeZone", "agentNumber", "notBefore"] as const;
type Column = (typeof COLUMNS)[number];

const COLUMN_BY_NAME = new Map<string, Column>(COLUMNS.map((column) => [column.toLowerCase(), column]));
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Splits a line into its cells: at tabs, as a spreadsheet copies them; else at commas and semicolons outside of quotes. */
export function splitCells(line: string): readonly string[] {
  if (line.includes("\t")) return line.split("\t").map((cell) => cell.trim());
  const cells = `,${line}`.matchAll(/[,;](?:\s*"((?:[^"]|"")*)"\s*(?=[,;]|$)|([^,;]*))/g);
  return [...cells].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim());
}

/** Says what is wrong with a row of a table before it is sent; null where the server may judge. */
export function faultOfCells(names: readonly string[], cells: readonly string[]): string | null {
  const doubled = names.find((name, place) => names.findIndex((other) => isSameColumn(name, other)) < place);
  if (doubled !== undefined) return `The first line names ${doubled || "two columns nothing"} more than once.`;
  if (cells.length !== names.length) {
    return `The line has ${cells.length} cells, and the first line names ${names.length} columns. A cell with a comma stands in quotes.`;
  }
  const time = cells[names.findIndex((name) => columnOf(name) === "notBefore")];
  return time && !TIME.test(time) ? `“${time}” is no time. Write it like 2026-01-31T09:30:00Z.` : null;
}

/** Returns the contact of a row: empty cells are absent. */
export function contactOfCells(names: readonly string[], cells: readonly string[]): ContactInput {
  const contact: ContactInput = { e164: "" };
  const variables: Record<string, string> = {};
  names.forEach((name, place) => {
    const cell = cells[place];
    const column = columnOf(name);
    if (cell && column) contact[column] = column === "notBefore" ? inUtc(cell) : cell;
    else if (cell) variables[name] = cell;
  });
  return Object.keys(variables).length ? { ...contact, variables } : contact;
}

/** Says which columns a table has, where there is one. */
export function describeColumns(names: readonly string[]): string {
  const known = names.filter((name) => columnOf(name));
  const variables = names.filter((name) => !columnOf(name));
  return `Read as a table with ${known.join(", ")}${variables.length ? `; variables: ${variables.join(", ")}` : ""}.`;
}

function columnOf(name: string): Column | undefined {
  return COLUMN_BY_NAME.get(name.toLowerCase());
}

function isSameColumn(one: string, other: string): boolean {
  return one === other || (columnOf(one) !== undefined && columnOf(one) === columnOf(other));
}

/** Times without an offset are in UTC, as in a file. */
function inUtc(time: string): string {
  if (!time.includes("T")) return `${time}T00:00:00Z`;
  return /(Z|[+-]\d{2}:\d{2})$/.test(time) ? time : `${time}Z`;
}
