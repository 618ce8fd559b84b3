import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../schema.graphql",
  documents: "src/operations/**/*.graphql",
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        strictScalars: true,
        useTypeImports: true,
        scalars: { Date: "string", DateTime: "string", E164: "string", JSON: "unknown", LocalTime: "string" },
      },
    },
    "src/generated/introspection.ts": { plugins: ["urql-introspection"], config: { useTypeImports: true } },
  },
};

export default config;
