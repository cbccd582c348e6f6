import ts from 'typescript';

/** The text of exported declarations as a user of the package sees them: types only, no bodies, nothing private. */
export class Declarations {
  readonly #program: ts.Program;
  readonly #files = new Map<ts.SourceFile, ts.SourceFile>();

  constructor(program: ts.Program) {
    this.#program = program;
  }

  /** The declaration of a name in a source file, without the doc comment above it; undefined when there is none. */
  of(source: ts.SourceFile, name: string): string | undefined {
    const file = this.#declared(source);
    const found = file.statements.find((statement) => namesIn(statement).includes(name));
    if (found === undefined) return undefined;
    return found
      .getText(file)
      .replace(/^export (declare )?/, '')
      .replaceAll(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2))
      .replaceAll(/^ +(#private|private [^\n]*|protected [^\n]*);\n/gm, '');
  }

  #declared(source: ts.SourceFile): ts.SourceFile {
    const known = this.#files.get(source);
    if (known !== undefined) return known;
    let text = '';
    this.#program.emit(source, (file, content) => (text = file.endsWith('.d.ts') ? content : text), undefined, true);
    const file = ts.createSourceFile(`${source.fileName}.d.ts`, text, ts.ScriptTarget.Latest, true);
    this.#files.set(source, file);
    return file;
  }
}

const namesIn = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.Statement & { readonly name?: ts.Node };
  return name === undefined ? [] : [name.getText()];
};
