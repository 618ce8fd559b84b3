import { readKey } from "../../session/apiKey";

interface Options {
  signal: AbortSignal;
  /** Told of the part that was sent: 0 to 1. */
  onProgress: (part: number) => void;
}

const CUT_OFF = "The connection broke off. Send the same file again: what has arrived already changes nothing.";
const CHANGED =
  "The file was changed or moved after you chose it, and so the browser may not read it. Choose it again.";

/** Sends a file by PUT; returns what was wrong with it, or null. `fetch` tells nothing of what was sent, so this is XHR. */
export function putFile(path: string, file: File, { signal, onProgress }: Options): Promise<string | null> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    request.setRequestHeader("authorization", `Bearer ${readKey()}`);
    request.setRequestHeader("content-type", "text/csv");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => resolve(request.status < 300 ? null : messageOf(request.responseText));
    request.onerror = () => resolve(whyCutOff(file));
    request.onabort = () => resolve("The upload was stopped. The rows that had arrived are in the campaign.");
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Tells a broken connection from a file that the browser may not read any more: XHR says the same of both. */
async function whyCutOff(file: File): Promise<string> {
  try {
    const reader = file.stream().getReader();
    await reader.read();
    await reader.cancel();
    return CUT_OFF;
  } catch {
    return CHANGED;
  }
}

/** Returns the message of an error's body, which is like GraphQL's. */
export function messageOf(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: { message?: string }[] };
    return errors?.[0]?.message ?? CUT_OFF;
  } catch {
    return CUT_OFF;
  }
}
