/** A secret: the environment variable that holds it, or the text itself. */
export type Secret =
  | string
  | {
      /** Environment variable that holds the secret. Required. */
      readonly env: string;
    };

/** The text of a secret; undefined if its variable is unset or empty. */
export function secretText(
  secret: Secret,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (typeof secret === 'string') return secret;
  const text = env[secret.env];
  return text === '' ? undefined : text;
}
