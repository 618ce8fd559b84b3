import { useCallback, useRef, useState } from "react";
import { useMutation, useQuery } from "urql";
import {
  ContactImportDocument,
  type ContactImportRowFragment,
  CreateContactImportDocument,
} from "../../generated/graphql";
import { readKey } from "../../session/apiKey";
import { mutationError } from "../../shell/errorText";
import { saveFile } from "./refusedRows";
import { putFile } from "./putFile";

export interface Upload {
  file: File;
  /** The part of the file that was sent: 0 to 1. */
  sent: number;
  isOver: boolean;
}

/** Sends a CSV of contacts by PUT to an import of its own, and reads what became of its rows. */
export function useContactUpload(campaignId: string) {
  const [, create] = useMutation(CreateContactImportDocument);
  const [upload, setUpload] = useState<Upload | null>(null);
  const [row, setRow] = useState<ContactImportRowFragment | null>(null);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);
  const [{ data }, read] = useQuery({
    query: ContactImportDocument,
    variables: { id: row?.id ?? "" },
    pause: !row || !upload?.isOver,
    requestPolicy: "network-only",
  });
  const abort = useRef<AbortController | null>(null);
  const found = data?.node?.__typename === "ContactImport" && data.node.id === row?.id ? data.node : null;

  async function send(file: File, defaultRegion: string | null): Promise<void> {
    setErrorMessage(null);
    setUpload({ file, sent: 0, isOver: false });
    const { data: made, error } = await create({ input: { campaignId, defaultRegion } });
    const created = made?.createContactImport.contactImport;
    setRow(created ?? null);
    if (!created) {
      setErrorMessage(mutationError(error, made?.createContactImport.userErrors));
      setUpload(null);
      return;
    }
    abort.current = new AbortController();
    const problem = await putFile(created.uploadPath, file, {
      signal: abort.current.signal,
      onProgress: (sent) => setUpload({ file, sent, isOver: false }),
    });
    setErrorMessage(problem);
    setUpload({ file, sent: 1, isOver: true });
    read({ requestPolicy: "network-only" });
  }

  const download = useCallback(async () => {
    const response = await fetch(`${row?.uploadPath}/refusals.csv`, {
      headers: { authorization: `Bearer ${readKey()}` },
    });
    if (response.ok) saveFile("refused-contacts.csv", await response.blob());
    else setErrorMessage("The refused rows could not be read. Try again.");
  }, [row]);

  return { send, cancel: () => abort.current?.abort(), upload, found, download, errorMessage };
}
