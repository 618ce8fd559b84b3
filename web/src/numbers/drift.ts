interface Version {
  number: number;
  agent: { name: string; publishedVersion?: { number: number } | null };
}

/** A slot pins its version: where a newer one is published, says so in words. */
export function drift({ number, agent }: Version): string | null {
  const newest = agent.publishedVersion?.number ?? number;
  if (newest <= number) return null;
  return `${agent.name} has version ${newest} published; this slot still holds version ${number}. Publish the newer one to it to move it.`;
}
