import type { ReactNode } from "react";

interface Props {
  title: string;
  advice: ReactNode;
  children?: ReactNode;
}

export function Empty({ title, advice, children }: Props) {
  return (
    <div className="state">
      <h2>{title}</h2>
      <p>{advice}</p>
      {children && <div className="state-actions">{children}</div>}
    </div>
  );
}
