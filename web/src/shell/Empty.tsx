import type { ReactNode } from "react";

interface Props {
  title: string;
  advice: ReactNode;
  /** It is all of the page, and so its title. */
  whole?: boolean;
  children?: ReactNode;
}

export function Empty({ title, advice, whole = false, children }: Props) {
  const Heading = whole ? "h1" : "h2";
  return (
    <div className="state">
      <Heading>{title}</Heading>
      <p>{advice}</p>
      {children && <div className="state-actions">{children}</div>}
    </div>
  );
}
