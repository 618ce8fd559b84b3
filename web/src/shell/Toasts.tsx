import { useSyncExternalStore } from "react";
import { dismiss, onToasts, readToasts } from "./toasts";

export function Toasts() {
  const toasts = useSyncExternalStore(onToasts, readToasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, tone, text }) => (
        <div key={id} className={`toast ${tone}`}>
          <span>{text}</span>
          <button className="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
