// Mercurius with its JIT: idiomatic loaders, or (JOINED=1) one hand-written join and no loader; CACHED=1: with its cache.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import cache from 'mercurius-cache'
import * as store from './store.js'

const joined = process.env.JOINED === '1'
const keys = (queries, name) => queries.map(({ obj }) => obj[name])
const rows = (table, name) => async (queries) => {
  const wanted = keys(queries, name)
  const found = store.byIds(table, [...new Set(wanted.filter(Boolean))])
  const byId = new Map(found.filter(Boolean).map((row) => [row.id, row]))
  return wanted.map((id) => byId.get(id) ?? null)
}

const server = Fastify()
server.register(mercurius, {
  schema: store.typeDefs,
  jit: 1,
  context: (request) => store.signIn(request.headers.authorization),
  resolvers: {
    Query: {
      phoneNumbers: (_, { first }, { organization }) =>
        (joined ? store.numbersJoined : store.numbers)(organization, first),
      phoneNumber: (_, { e164 }, { organization }) =>
        (joined ? store.numberJoinedOf : store.numberOf)(organization, e164),
      previewOutboundNumber: (_, { input }, { organization }) => store.preview(organization, input),
    },
    Mutation: {
      createOutboundConversation: (_, { input }, { organization }) => store.create(organization, input),
    },
  },
  loaders: joined
    ? {}
    : {
        PhoneNumber: { organization: rows('organization', 'organizationId'), trunk: rows('trunk', 'trunkId') },
        Slot: { agentVersion: rows('agent_version', 'agentVersionId') },
        AgentVersion: { agent: rows('agent', 'agent_id') },
      },
})
if (process.env.CACHED === '1') {
  const ofTheKey = (_source, _args, { organization }) => organization
  const root = { extendKey: ofTheKey }
  const policy = { Query: { phoneNumbers: root, phoneNumber: root, previewOutboundNumber: root } }
  server.register(cache, { ttl: 60, policy })
}
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
