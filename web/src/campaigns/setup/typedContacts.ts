import type { ContactInput } from "../../generated/graphql";

export interface TypedContact {
  /** Its line in the text, from 1. */
  line: number;
  contact: ContactInput;
}

/**
 * Reads contacts from text: a line each, with the number and, after a comma, semicolon or tab, an id of the sender's own.
 * Blank lines are passed over. Whether a number is one, the server says.
 */
export function readTypedContacts(text: string): readonly TypedContact[] {
  return text.split(/\r?\n/).flatMap((row, index) => {
    const [number = "", ...rest] = row.split(/[,;\t]/).map((cell) => cell.trim());
    const externalId = rest.find((cell) => cell !== "");
    if (!number && !externalId) return [];
    return [{ line: index + 1, contact: { e164: number, ...(externalId && { externalId }) } }];
  });
}

/** Divides a list into parts of at most `size`. */
export function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, place) =>
    items.slice(place * size, (place + 1) * size),
  );
}
