import { useCallback, useState } from "react";
import { readKey } from "../../session/apiKey";
import { saveFile } from "./refusedRows";

/** Saves the refused rows of an import, all of them, as the CSV that the server writes. */
export function useRefusalsDownload() {
  const [errorMessage, setErrorMessage] = useState<string | null>(null);

  const download = useCallback(async (uploadPath: string) => {
    const rows = await readCsv(`${uploadPath}/refusals.csv`);
    setErrorMessage(rows ? null : "The refused rows could not be read. Try again.");
    if (rows) saveFile("refusals.csv", rows);
  }, []);

  return { download, errorMessage };
}

async function readCsv(path: string): Promise<Blob | null> {
  try {
    const response = await fetch(path, { headers: { authorization: `Bearer ${readKey()}` } });
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}
