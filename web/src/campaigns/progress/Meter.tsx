import { useId } from "react";

/** A figure beside the most that it may be, as a bar; without a limit it is the figure alone. */
export function Meter({ label, value, most }: { label: string; value: number; most: number | null }) {
  const id = useId();
  const part = most ? Math.min(1, value / most) : 0;
  return (
    <div className="meter">
      <span id={id}>{label}</span>
      <span className="meter-figure">
        <strong>{value.toLocaleString("en")}</strong>{" "}
        <span className="muted">{most === null ? "no limit" : `of ${most.toLocaleString("en")}`}</span>
      </span>
      {most !== null && (
        <span
          className="meter-track"
          role="meter"
          aria-labelledby={id}
          aria-valuemin={0}
          aria-valuemax={most}
          aria-valuenow={Math.min(value, most)}
          data-full={value >= most}
        >
          <span style={{ width: `${part * 100}%` }} />
        </span>
      )}
    </div>
  );
}
