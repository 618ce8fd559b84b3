import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/sign-in.css";
import "./styles/dialogs.css";
import "./styles/combo-box.css";
import "./styles/lists.css";
import "./styles/numbers.css";
import "./styles/resolution.css";
import "./styles/which-number.css";
import "./styles/conversations.css";
import "./styles/campaigns.css";
import "./styles/setup.css";
import "./styles/contacts.css";
import "./styles/progress.css";
import "./styles/imports.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
