export function WhichNumberPage() { return null; }
