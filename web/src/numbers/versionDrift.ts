interface Version {
  number: number;
  agent: { name: string; publishedVersion?: { number: number } | null };
}

/** Describes that a newer version is published than the one in a slot; null if it is the newest. */
export function describeDrift({ number, agent }: Version): string | null {
  const newest = agent.publishedVersion?.number ?? number;
  if (newest <= number) return null;
  return `${agent.name} has version ${newest} published; this slot still holds version ${number}. Publish the newer one to it to move it.`;
}
