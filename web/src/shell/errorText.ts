import type { CombinedError } from "urql";
import type { RefusalFragment } from "../generated/graphql";

export interface ErrorText {
  title: string;
  advice: string;
}

const TEXT_BY_CODE: Record<string, ErrorText> = {
  FORBIDDEN: {
    title: "Your key may not read this",
    advice: "Ask whoever manages your API keys for one with the scope named below, then sign in with it.",
  },
  NOT_FOUND: {
    title: "This organization is not one that your key may act for",
    advice: "Choose another organization above. The address may have been written for somebody else's key.",
  },
  BAD_USER_INPUT: {
    title: "This link is not valid",
    advice: "A part of it is mistyped or out of date. Clear the filters to start from the first page.",
  },
  RATE_LIMITED: {
    title: "Too many requests",
    advice: "Your organization has used up its budget for now. It fills up again by itself.",
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

const UNREACHABLE: ErrorText = {
  title: "The server cannot be reached",
  advice: "Check your connection, then try again. What is shown may be out of date.",
};

const UNKNOWN: ErrorText = { title: "This did not work", advice: "Try again." };

export function errorCode(error: CombinedError): string {
  return String(error.graphQLErrors[0]?.extensions["code"] ?? (error.networkError ? "NETWORK" : "UNKNOWN"));
}

export function describeError(error: CombinedError): ErrorText {
  const code = errorCode(error);
  return code === "NETWORK" ? UNREACHABLE : (TEXT_BY_CODE[code] ?? UNKNOWN);
}

export function errorDetails(error: CombinedError): string {
  return error.graphQLErrors.map((one) => one.message).join(" ");
}

/** Explains why a mutation failed; null if it succeeded. */
export function mutationError(
  error: CombinedError | undefined,
  refusals: readonly RefusalFragment[] | undefined,
): string | null {
  if (error) return `${describeError(error).title}. ${errorDetails(error)}`;
  return refusals?.map(({ message }) => message).join(" ") || null;
}
