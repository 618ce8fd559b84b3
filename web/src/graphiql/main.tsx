import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/controls.css";
import "../styles/shell.css";
import "./graphiql.css";
import { useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { onKeyChange, readKey } from "../session/key";
import { SignIn } from "../session/SignIn";
import { Explorer } from "./Explorer";

function Page() {
  const key = useSyncExternalStore(onKeyChange, readKey);
  return key ? <Explorer key={key} apiKey={key} /> : <SignIn />;
}

const root = document.getElementById("root");
if (!root) throw new Error("graphiql.html has no root");
createRoot(root).render(<Page />);
