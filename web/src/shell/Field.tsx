import { type ReactNode, useId } from "react";
import type { RefusalFragment } from "../generated/graphql";

interface ControlProps {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby"?: string | undefined;
}

interface Props {
  label: string;
  hint?: string;
  errorMessage?: string | undefined;
  /** Marks the value as refused; the reason is in the element with the id `refusal`. */
  isInvalid?: boolean;
  children: (controlProps: ControlProps) => ReactNode;
}

/** A labelled control with a hint and, if its value was refused, the reason. */
export function Field({ label, hint, errorMessage, isInvalid = false, children }: Props) {
  const id = useId();
  const reasons = [hint && `${id}-hint`, errorMessage && `${id}-complaint`, isInvalid && "refusal"];
  const described = reasons.filter(Boolean).join(" ") || undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": isInvalid || errorMessage !== undefined, "aria-describedby": described })}
      {hint && (
        <p id={`${id}-hint`} className="muted small">
          {hint}
        </p>
      )}
      {errorMessage && (
        <p id={`${id}-complaint`} role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
    </div>
  );
}

/** Returns the refusal of one input field or, if `name` is null, the first one of none of the `fields`. */
export function findFieldError(
  refusals: readonly RefusalFragment[],
  name: string | null,
  fields: readonly string[] = [],
): string | undefined {
  return refusals.find(({ field }) => (name ? field?.[0] === name : !fields.includes(field?.[0] ?? "")))?.message;
}
