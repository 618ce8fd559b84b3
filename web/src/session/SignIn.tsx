import { type FormEvent, useState } from "react";
import { ViewerDocument } from "../generated/graphql";
import { clientFor, isUnauthenticated } from "./client";
import { keepKey, wasRejected } from "./key";

const REVOKED = "This tab was signed out: the key was revoked or has expired. Sign in with another one.";
const WRONG =
  "The server does not know this key: it is mistyped, expired or revoked. Copy the whole of it, from ak_ to its end, or ask whoever manages your API keys for another.";
const UNREACHABLE = "The server cannot be reached. Check your connection, then try again.";
const SHAPE = "An API key starts with ak_ and has a dot in it. Copy the whole of it.";

export function SignIn() {
  const [complaint, setComplaint] = useState(wasRejected() ? REVOKED : null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("key")).trim();
    setBusy(true);
    const wrong = await tryKey(key);
    setBusy(false);
    setComplaint(wrong);
    if (!wrong) keepKey(key);
  }

  return (
    <main className="sign-in">
      <title>Sign in · Dialtree</title>
      <form onSubmit={submit} className="sign-in-card">
        <h1>
          <span className="brand-mark" aria-hidden="true" /> Dialtree
        </h1>
        <p className="quiet">Which number does this call go out from, may it, and why.</p>
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
          aria-invalid={complaint !== null}
          aria-describedby="key-hint"
        />
        {complaint && (
          <p role="alert" className="field-error">
            {complaint}
          </p>
        )}
        <p id="key-hint" className="quiet small">
          The key stays in this tab and is forgotten when you close it.
        </p>
        <button className="button primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}

async function tryKey(key: string): Promise<string | null> {
  if (!/^ak_[^.\s]+\.\S+$/.test(key)) return SHAPE;
  const { error } = await clientFor(key, "own")
    .query(ViewerDocument, {}, { requestPolicy: "network-only" })
    .toPromise();
  if (!error) return null;
  if (isUnauthenticated(error)) return WRONG;
  return error.networkError ? UNREACHABLE : error.graphQLErrors.map((one) => one.message).join(" ");
}
