const TARGET = /^(?:x86_64|i[3-6]86|aarch64|arm64|armv\w+|powerpc64le|ppc64le|s390x|riscv64)-\w+[-\w.]*$/;

/** Whether a name is the target of a compiler, `x86_64-conda-linux-gnu`: an environment of conda sets it as HOST. */
export function isCompilerTarget(host: string): boolean {
  return TARGET.test(host);
}
