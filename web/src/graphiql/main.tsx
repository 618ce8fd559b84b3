import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "../styles/tokens.css";
import "../styles/sign-in.css";
import "./graphiql.css";
import { useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { onKeyChange, readKey } from "../session/apiKey";
import { SignIn } from "../session/SignIn";
import { GraphiqlPage } from "./GraphiqlPage";

function Page() {
  const key = useSyncExternalStore(onKeyChange, readKey);
  return key ? <GraphiqlPage key={key} apiKey={key} /> : <SignIn />;
}

const root = document.getElementById("root");
if (!root) throw new Error("graphiql.html has no root");
createRoot(root).render(<Page />);
