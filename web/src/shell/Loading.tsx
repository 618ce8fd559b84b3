export function Loading({ what }: { what: string }) {
  return (
    <div role="status" className="state loading">
      <span className="spinner" aria-hidden="true" /> Loading {what}…
    </div>
  );
}
