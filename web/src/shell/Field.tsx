import { type ReactNode, useId } from "react";
import type { RefusalFragment } from "../generated/graphql";

interface Wiring {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby"?: string | undefined;
}

interface Props {
  label: string;
  hint?: string;
  complaint?: string | undefined;
  children: (wiring: Wiring) => ReactNode;
}

/** A labelled control with its hint and, where the server refused its value, the reason beside it. */
export function Field({ label, hint, complaint, children }: Props) {
  const id = useId();
  const described = [hint && `${id}-hint`, complaint && `${id}-complaint`].filter(Boolean).join(" ") || undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": complaint !== undefined, "aria-describedby": described })}
      {hint && (
        <p id={`${id}-hint`} className="quiet small">
          {hint}
        </p>
      )}
      {complaint && (
        <p id={`${id}-complaint`} role="alert" className="field-error">
          {complaint}
        </p>
      )}
    </div>
  );
}

/** The refusal of one input field; without a name, what belongs to no field of the form. */
export function complaintOf(
  refusals: readonly RefusalFragment[],
  name: string | null,
  fields: readonly string[] = [],
): string | undefined {
  return refusals.find(({ field }) => (name ? field?.[0] === name : !fields.includes(field?.[0] ?? "")))?.message;
}
