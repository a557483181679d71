/** Header fields as Node and undici give them: names in lower case. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;
