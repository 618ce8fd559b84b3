interface Props {
  accepted: number;
  unchanged: number;
  refused: number;
}

/** Says what became of the contacts that were sent. */
export function AddedSummary({ accepted, unchanged, refused }: Props) {
  const parts = [
    `${accepted.toLocaleString("en")} added or changed`,
    ...(unchanged ? [`${unchanged.toLocaleString("en")} there already`] : []),
    ...(refused ? [`${refused.toLocaleString("en")} refused`] : []),
  ];
  return (
    <p role="status" className="added-summary" data-refused={refused > 0}>
      {parts.join(", ")}.
    </p>
  );
}
