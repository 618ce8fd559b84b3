import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/dialogs.css";
import "./styles/choices.css";
import "./styles/lists.css";
import "./styles/numbers.css";
import "./styles/picture.css";
import "./styles/choosing.css";
import "./styles/conversations.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
