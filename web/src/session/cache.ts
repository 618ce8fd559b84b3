import { type Cache, cacheExchange } from "@urql/exchange-graphcache";
import type { SetPhoneNumberShareableInput } from "../generated/graphql";
import schema from "../generated/introspection";

interface ObjectType {
  kind: string;
  name: string;
  fields?: readonly { name: string }[] | null;
}

/** Types without an id are embedded in their parent. */
const embeddedTypes = Object.fromEntries(
  (schema.__schema.types as readonly ObjectType[])
    .filter((type) => type.kind === "OBJECT" && !type.fields?.some((field) => field.name === "id"))
    .map((type) => [type.name, () => null]),
);

export function createCache() {
  return cacheExchange({
    schema: schema as never,
    keys: embeddedTypes,
    optimistic: {
      setPhoneNumberShareable: (args, store) => optimisticShareable(args.input as SetPhoneNumberShareableInput, store),
    },
    updates: {
      Mutation: {
        createOutboundConversation: (_result, _args, store) => invalidateList(store, "conversations"),
        createCampaign: (_result, _args, store) => invalidateList(store, "campaigns"),
        publishAgentVersion: (_result, _args, store) => invalidateList(store, "agents"),
      },
      Subscription: {
        phoneNumbersUpdated: (result, _args, store) => {
          const change = result.phoneNumbersUpdated as { phoneNumberId: string; phoneNumber: unknown };
          if (!change.phoneNumber) store.invalidate({ __typename: "PhoneNumber", id: change.phoneNumberId });
        },
      },
    },
  });
}

/** The optimistic result of the switch, rolled back if the server refuses. */
function optimisticShareable(input: SetPhoneNumberShareableInput, store: Cache) {
  const number = { __typename: "PhoneNumber", id: input.phoneNumberId };
  return {
    __typename: "SetPhoneNumberShareablePayload",
    phoneNumber: { ...number, shareable: input.shareable, updatedAt: store.resolve(number, "updatedAt") },
    userErrors: [],
  } as never;
}

function invalidateList(store: Cache, list: string): void {
  for (const field of store.inspectFields("Query")) {
    if (field.fieldName === list) store.invalidate("Query", field.fieldKey);
  }
}
