export function ConversationPage({ id }: { id: string }) { return <p>{id}</p>; }
