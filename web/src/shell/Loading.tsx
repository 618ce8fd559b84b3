export function Loading({ label }: { label: string }) {
  return (
    <div role="status" className="empty-state loading">
      <span className="spinner" aria-hidden="true" /> Loading {label}…
    </div>
  );
}
