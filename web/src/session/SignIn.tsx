import { type FormEvent, useState } from "react";
import { ViewerDocument } from "../generated/graphql";
import { clientFor, isUnauthenticated } from "./client";
import { storeKey, wasRejected } from "./apiKey";

const REVOKED_TEXT = "This tab was signed out: the key was revoked or has expired. Sign in with another one.";
const WRONG_KEY_TEXT =
  "The server does not know this key: it is mistyped, expired or revoked. Copy the whole of it, from ak_ to its end, or ask whoever manages your API keys for another.";
const UNREACHABLE_TEXT = "The server cannot be reached. Check your connection, then try again.";
const MALFORMED_KEY_TEXT = "An API key starts with ak_ and has a dot in it. Copy the whole of it.";

export function SignIn() {
  const [errorMessage, setErrorMessage] = useState(wasRejected() ? REVOKED_TEXT : null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("key")).trim();
    setBusy(true);
    const wrong = await validateKey(key);
    setBusy(false);
    setErrorMessage(wrong);
    if (!wrong) storeKey(key);
  }

  return (
    <main className="sign-in">
      <title>Sign in · Dialtree</title>
      <form onSubmit={submit} className="sign-in-card">
        <h1>
          <span className="brand-mark" aria-hidden="true" /> Dialtree
        </h1>
        <p className="muted">Which number does this call go out from, may it, and why.</p>
        <label htmlFor="key">API key</label>
        <input
          id="key"
          name="key"
          type="password"
          required
          autoFocus
          autoComplete="off"
          spellCheck={false}
          placeholder="ak_…"
          aria-invalid={errorMessage !== null}
          aria-describedby="key-hint"
        />
        {errorMessage && (
          <p role="alert" className="field-error">
            {errorMessage}
          </p>
        )}
        <p id="key-hint" className="muted small">
          The key stays in this tab and is forgotten when you close it.
        </p>
        <button className="button primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}

async function validateKey(key: string): Promise<string | null> {
  if (!/^ak_[^.\s]+\.\S+$/.test(key)) return MALFORMED_KEY_TEXT;
  const { error } = await clientFor(key, "own")
    .query(ViewerDocument, {}, { requestPolicy: "network-only" })
    .toPromise();
  if (!error) return null;
  if (isUnauthenticated(error)) return WRONG_KEY_TEXT;
  return error.networkError ? UNREACHABLE_TEXT : error.graphQLErrors.map((one) => one.message).join(" ");
}
