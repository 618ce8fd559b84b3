import type { ContactInput } from "../../generated/graphql";
import { contactOfCells, faultOfCells, splitCells } from "./contactTable";

export interface TypedContact {
  /** Its line in the text, from 1. */
  line: number;
  contact: ContactInput;
  /** What is wrong with it, where that is known before it is sent. */
  fault?: string;
}

interface Row {
  line: number;
  text: string;
}

/**
 * Reads contacts from text: a line each, with the number and, after a comma, semicolon or tab, an id of the sender's own. Where the
 * first line names a column e164 the rest is a table, as in a file. Blank lines are passed over. Whether a number is one, the server says.
 */
export function readTypedContacts(text: string): readonly TypedContact[] {
  const rows = text.split(/\r?\n/).map((row, index) => ({ line: index + 1, text: row }));
  const [head, ...rest] = rows.filter((row) => row.text.trim() !== "");
  if (!head) return [];
  const names = columnsOf(head.text);
  return names ? rest.flatMap((row) => tableContact(names, row)) : [head, ...rest].flatMap(plainContact);
}

/** Returns the names of the columns where the text is a table; else null. */
export function readColumns(text: string): readonly string[] | null {
  return columnsOf(text.split(/\r?\n/).find((line) => line.trim() !== "") ?? "");
}

function columnsOf(line: string): readonly string[] | null {
  const names = splitCells(line);
  return names.some((name) => name.toLowerCase() === "e164") ? names : null;
}

function tableContact(names: readonly string[], { line, text }: Row): TypedContact[] {
  const cells = splitCells(text);
  if (cells.every((cell) => cell === "")) return [];
  const fault = faultOfCells(names, cells);
  return [{ line, contact: contactOfCells(names, cells), ...(fault && { fault }) }];
}

function plainContact({ line, text }: Row): TypedContact[] {
  const [number = "", ...rest] = splitCells(text);
  const externalId = rest.find((cell) => cell !== "");
  if (!number && !externalId) return [];
  return [{ line, contact: { e164: number, ...(externalId && { externalId }) } }];
}

/** Divides a list into parts of at most `size`. */
export function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, place) =>
    items.slice(place * size, (place + 1) * size),
  );
}
