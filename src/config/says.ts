/** How the schema describes a setting to people. */

/**
 * What the docs and the host's form show about a setting, besides its `description`. Read by `scripts/settings.ts` and
 * `scripts/manifest.ts`; it is not part of the manifest's `configSchema`.
 */
export interface SettingHint {
  /** The setting's name in a form. */
  readonly label: string;
  /** The form hides it among the advanced settings; most operators never change it. */
  readonly advanced?: true;
  /** The host redacts its value when it shows the config. */
  readonly sensitive?: true;
  /** What applies if a setting without a default is left out. Markdown. */
  readonly unset?: string;
  /** Allowed values, if the schema's bounds do not express them well. Markdown. */
  readonly allowed?: string;
  /** A link to more about it, relative to docs/. Markdown. */
  readonly see?: string;
}

/** Schema options with a setting's description and hint. */
export const says = (description: string, hint: SettingHint) => ({ description, hint });
