/** An option of a command, as people type it and as help shows it. */
export type OptionSpec = {
  readonly short?: string;
  /** Placeholder of its value, such as `URL`. Without it the option is a switch. */
  readonly value?: string;
  /** The values it takes, when the list is closed. */
  readonly choices?: readonly string[];
  readonly help: string;
};

/** A command, as people type it and as help shows it. */
export type CommandSpec = {
  readonly name: string;
  /** Placeholders of its arguments, such as `FILE`; all are needed. */
  readonly args: readonly string[];
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Paragraphs below the options. */
  readonly details: readonly string[];
  readonly examples: readonly string[];
};

/** What was typed, checked against a {@link CommandSpec}. */
export type ParsedArgs = {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | true>>;
};
