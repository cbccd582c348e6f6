// The grammar of https://pkg.go.dev/github.com/distribution/reference, with which the kubelet reads image names.
const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const name = `(?:${domain}/)?${part}(?:/${part})*`;
const reference = new RegExp(
  `^(${name})(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** Whether a text names an image: `busybox`, `registry.example:5000/team/app:1.2@sha256:…`. */
export const isImageReference = (text: string): boolean => {
  // Name, tag and digest together are never longer; without this a hostile text could keep the expression busy.
  if (text.length > 600) return false;
  const [, repository] = reference.exec(text) ?? [];
  // A name that is 64 hex digits would be an image id.
  return repository !== undefined && repository.length <= 255 && !/^[a-f0-9]{64}$/.test(repository);
};
