import { useSyncExternalStore } from "react";
import { Provider, useQuery } from "urql";
import { ViewerDocument } from "./generated/graphql";
import { Pages } from "./Pages";
import { ErrorMessage } from "./shell/ErrorMessage";
import { Loading } from "./shell/Loading";
import { clientFor } from "./session/client";
import { onKeyChange, readKey } from "./session/apiKey";
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
  const [{ data, error }, retry] = useQuery({ query: ViewerDocument });
  if (data) {
    return (
      <SessionProvider apiKey={apiKey} viewer={data.viewer}>
        <Pages />
      </SessionProvider>
    );
  }
  if (error) return <ErrorMessage fullPage error={error} retry={() => retry({ requestPolicy: "network-only" })} />;
  return <Loading label="your session" />;
}
