import { useSyncExternalStore } from "react";
import { Provider, useQuery } from "urql";
import { ViewerDocument } from "./generated/graphql";
import { Pages } from "./Pages";
import { Problem } from "./shell/Problem";
import { Loading } from "./shell/Loading";
import { clientFor } from "./session/client";
import { onKeyChange, readKey } from "./session/key";
import { SessionProvider } from "./session/Session";
import { SignIn } from "./session/SignIn";

export function App() {
  const key = useSyncExternalStore(onKeyChange, readKey);
  if (!key) return <SignIn />;
  return (
    <Provider value={clientFor(key, "own")}>
      <SignedIn key={key} apiKey={key} />
    </Provider>
  );
}

function SignedIn({ apiKey }: { apiKey: string }) {
  const [{ data, error }, again] = useQuery({ query: ViewerDocument });
  if (data) {
    return (
      <SessionProvider apiKey={apiKey} viewer={data.viewer}>
        <Pages />
      </SessionProvider>
    );
  }
  if (error) return <Problem whole error={error} retry={() => again({ requestPolicy: "network-only" })} />;
  return <Loading what="your session" />;
}
