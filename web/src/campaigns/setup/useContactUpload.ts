import { useEffect, useRef, useState } from "react";
import { useMutation, useQuery } from "urql";
import {
  ContactImportDocument,
  ContactImportProgressDocument,
  type ContactImportRowFragment,
  CreateContactImportDocument,
} from "../../generated/graphql";
import { mutationError } from "../../shell/errorText";
import type { AddOptions } from "./addOptions";
import { putFile } from "./putFile";

export interface Upload {
  file: File;
  /** The part of the file that was sent: 0 to 1. */
  sent: number;
  /** How many rows of it the server has read. */
  rows: number;
  isOver: boolean;
}

/** An import with the file and the options that it was created for: the same again goes to the same import. */
interface Attempt {
  file: File;
  options: AddOptions;
  row: ContactImportRowFragment;
}

export type ContactUpload = ReturnType<typeof useContactUpload>;

const COUNT_INTERVAL_MS = 1000;

/** Sends a CSV of contacts by PUT to an import, and reads what became of its rows. */
export function useContactUpload(campaignId: string) {
  const [, create] = useMutation(CreateContactImportDocument);
  const [attempt, setAttempt] = useState<Attempt | null>(null);
  const [progress, setProgress] = useState<Omit<Upload, "rows"> | null>(null);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);
  const id = attempt?.row.id ?? null;
  const rows = useRowsRead(progress?.isOver ? null : id);
  const found = useImport(progress?.isOver ? id : null);
  const abort = useRef<AbortController | null>(null);

  async function importFor(file: File, options: AddOptions): Promise<ContactImportRowFragment | null> {
    if (errorMessage && attempt?.file === file && isSame(attempt.options, options)) return attempt.row;
    const { data, error } = await create({ input: { campaignId, ...options } });
    const row = data?.createContactImport.contactImport;
    setAttempt(row ? { file, options, row } : null);
    if (!row) setErrorMessage(mutationError(error, data?.createContactImport.userErrors));
    return row ?? null;
  }

  /** Returns the import's id; null where there is none. */
  async function send(file: File, options: AddOptions): Promise<string | null> {
    setErrorMessage(null);
    setProgress({ file, sent: 0, isOver: false });
    const row = await importFor(file, options);
    if (row) {
      abort.current = new AbortController();
      const onProgress = (sent: number) => setProgress({ file, sent, isOver: false });
      setErrorMessage(await putFile(row.uploadPath, file, { signal: abort.current.signal, onProgress }));
    }
    setProgress({ file, sent: row ? 1 : 0, isOver: true });
    return row?.id ?? null;
  }

  const upload: Upload | null = progress && { ...progress, rows };
  return { send, cancel: () => abort.current?.abort(), upload, found, errorMessage };
}

/** Counts the rows that the server has read of an import, once a second. */
function useRowsRead(id: string | null): number {
  const [{ data }, read] = useQuery({
    query: ContactImportProgressDocument,
    variables: { id: id ?? "" },
    pause: !id,
    requestPolicy: "network-only",
  });
  useEffect(() => {
    if (!id) return;
    const timer = setInterval(() => read({ requestPolicy: "network-only" }), COUNT_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [id, read]);
  return id && data?.node?.__typename === "ContactImport" && data.node.id === id ? data.node.rows : 0;
}

/** Reads an import whose upload is over. Another operation than the one above: urql would merge it into one in flight. */
function useImport(id: string | null) {
  const [{ data }] = useQuery({
    query: ContactImportDocument,
    variables: { id: id ?? "" },
    pause: !id,
    requestPolicy: "network-only",
  });
  return id && data?.node?.__typename === "ContactImport" && data.node.id === id ? data.node : null;
}

function isSame(one: AddOptions, other: AddOptions): boolean {
  return one.defaultRegion === other.defaultRegion && one.onDuplicate === other.onDuplicate;
}
