// The part of the WebAssembly API the schema engine needs; neither ES2023 nor Node's types declare it.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
