import { useState } from "react";
import { useMutation } from "urql";
import { AddContactsDocument } from "../../generated/graphql";
import { mutationError } from "../../shell/errorText";
import type { AddOptions } from "./addOptions";
import type { RefusedRow } from "./refusedRows";
import { type TypedContact, inBatches } from "./typedContacts";

/** As many as one mutation takes. */
const BATCH_SIZE = 500;

export interface AddedContacts {
  accepted: number;
  unchanged: number;
  refused: readonly RefusedRow[];
}

/** Adds contacts in batches. A batch that fails stops it; to send all again does no harm. */
export function useAddContacts(campaignId: string) {
  const [, send] = useMutation(AddContactsDocument);
  const [progress, setProgress] = useState<{ sent: number; of: number } | null>(null);
  const [added, setAdded] = useState<AddedContacts | null>(null);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);

  /** Returns whether all of them are in the campaign. */
  async function add(contacts: readonly TypedContact[], options: AddOptions): Promise<boolean> {
    setErrorMessage(null);
    let failed = false;
    const readable = contacts.filter(({ fault }) => !fault);
    let sum = faulty(contacts);
    setAdded(sum);
    for (const [place, batch] of inBatches(readable, BATCH_SIZE).entries()) {
      setProgress({ sent: place * BATCH_SIZE, of: readable.length });
      const input = { campaignId, contacts: batch.map(({ contact }) => contact), ...options };
      const { data, error } = await send({ input });
      const answer = data?.addContacts;
      const problem = mutationError(error, answer?.userErrors);
      if (answer) sum = withBatch(sum, batch, answer);
      setAdded(sum);
      if (problem) {
        setErrorMessage(problem);
        failed = true;
        break;
      }
    }
    setProgress(null);
    return !failed && sum.refused.length === 0;
  }

  return { add, progress, added, errorMessage };
}

/** Counts those that are not sent, since what is wrong with them is known. */
export function faulty(contacts: readonly TypedContact[]): AddedContacts {
  const refused = contacts.flatMap(({ line, contact, fault }) =>
    fault ? [{ line, number: contact.e164, message: fault }] : [],
  );
  return { accepted: 0, unchanged: 0, refused };
}

interface Answer {
  accepted: number;
  unchanged: number;
  results: readonly { index: number; refusal?: { message: string } | null }[];
}

/** Adds what became of a batch to what became of those before it. */
export function withBatch(sum: AddedContacts, batch: readonly TypedContact[], answer: Answer): AddedContacts {
  const refused = answer.results.flatMap(({ index, refusal }) => {
    const row = batch[index];
    return row && refusal ? [{ line: row.line, number: row.contact.e164, message: refusal.message }] : [];
  });
  return {
    accepted: sum.accepted + answer.accepted,
    unchanged: sum.unchanged + answer.unchanged,
    refused: [...sum.refused, ...refused].sort((one, other) => one.line - other.line),
  };
}
