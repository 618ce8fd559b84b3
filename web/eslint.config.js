import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/", "src/generated/"] },
  tseslint.configs.recommended,
  reactHooks.configs.flat.recommended,
  {
    rules: {
      // About memoization by the React Compiler, which the build does not use.
      "react-hooks/incompatible-library": "off",
      // Renaming a property can make an inner name hide an outer one.
      "@typescript-eslint/no-shadow": "error",
      "no-self-compare": "error",
    },
  },
);
