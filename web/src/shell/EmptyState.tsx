import type { ReactNode } from "react";

interface Props {
  title: string;
  advice: ReactNode;
  /** Fills the page, and so renders its title as the h1. */
  fullPage?: boolean;
  children?: ReactNode;
}

export function EmptyState({ title, advice, fullPage = false, children }: Props) {
  const Heading = fullPage ? "h1" : "h2";
  return (
    <div className="empty-state">
      <Heading>{title}</Heading>
      <p>{advice}</p>
      {children && <div className="empty-state-actions">{children}</div>}
    </div>
  );
}
