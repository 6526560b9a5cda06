import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What a plain Node script may use without importing it. */
const nodeGlobals = Object.fromEntries(
  ["console", "process", "fetch", "URL", "AbortSignal", "setTimeout", "clearTimeout", "Buffer"].map(
    (name) => [name, "readonly"],
  ),
);

export default defineConfig(
  globalIgnores(["node_modules/", "rehearsal/**/*.py"]),
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // An unused argument that a signature asks for is spelt with an underscore.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // `async` without `await` is how a function that must return a promise is written.
      "@typescript-eslint/require-await": "off",
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: nodeGlobals } },
);
