import type { CombinedError } from "urql";
import type { RefusalFragment } from "../generated/graphql";

export interface Explanation {
  title: string;
  advice: string;
}

const BY_CODE: Record<string, Explanation> = {
  FORBIDDEN: {
    title: "Your key may not read this",
    advice: "Ask whoever manages your API keys for one with the scope named below, then sign in with it.",
  },
  NOT_FOUND: {
    title: "This organization is not one that your key may act for",
    advice: "Choose another organization above. The address may have been written for somebody else's key.",
  },
  BAD_USER_INPUT: {
    title: "This address leads nowhere",
    advice: "A part of it is mistyped or out of date. Clear the filters to start from the first page.",
  },
  RATE_LIMITED: {
    title: "Too many requests",
    advice: "Your key has used up this minute's budget. Wait a minute, then try again.",
  },
  TIMEOUT: { title: "This took too long", advice: "Try again; a narrower search is answered faster." },
  SERVICE_UNAVAILABLE: {
    title: "The database does not answer",
    advice: "Nothing is lost. Try again in a moment.",
  },
  INTERNAL_SERVER_ERROR: {
    title: "Something went wrong on the server",
    advice: "Try again. If it stays, give the operator the id below: it is in the server's log.",
  },
};

const UNREACHABLE: Explanation = {
  title: "The server cannot be reached",
  advice: "Check your connection, then try again. What is shown may be out of date.",
};

const UNKNOWN: Explanation = { title: "This did not work", advice: "Try again." };

export function codeOf(error: CombinedError): string {
  return String(error.graphQLErrors[0]?.extensions["code"] ?? (error.networkError ? "NETWORK" : "UNKNOWN"));
}

export function explain(error: CombinedError): Explanation {
  const code = codeOf(error);
  return code === "NETWORK" ? UNREACHABLE : (BY_CODE[code] ?? UNKNOWN);
}

export function details(error: CombinedError): string {
  return error.graphQLErrors.map((one) => one.message).join(" ");
}

/** Why a mutation did nothing, in words; null where it was done. */
export function complaintAbout(
  error: CombinedError | undefined,
  refusals: readonly RefusalFragment[] | undefined,
): string | null {
  if (error) return `${explain(error).title}. ${details(error)}`;
  return refusals?.map(({ message }) => message).join(" ") || null;
}
