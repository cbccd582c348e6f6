/** Checks of names as the Kubernetes API makes them (k8s.io/apimachinery, pkg/util/validation). */

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const qualifiedPart = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const configKey = /^[-._a-zA-Z0-9]+$/;

/** Names of namespaces, containers, volumes: at most 63 of `a-z0-9-`. */
export const isDnsLabel = (text: string): boolean => text.length <= 63 && dnsLabel.test(text);

/** Names of most objects: labels joined by dots, at most 253. */
export const isDnsSubdomain = (text: string): boolean => text.length <= 253 && dnsSubdomain.test(text);

/** Values of labels: empty, or at most 63 of letters, digits, `-_.` with a letter or digit at both ends. */
export const isLabelValue = (text: string): boolean => text.length <= 63 && labelValue.test(text);

/** Keys of labels and annotations: a name, with a DNS prefix or without. */
export const isQualifiedName = (text: string): boolean => {
  const [name = '', prefix, ...more] = text.split('/').reverse();
  return (
    more.length === 0 &&
    name.length <= 63 &&
    qualifiedPart.test(name) &&
    (prefix === undefined || isDnsSubdomain(prefix))
  );
};

/** Keys in a Secret or ConfigMap. */
export const isConfigKey = (text: string): boolean =>
  text.length <= 253 && configKey.test(text) && text !== '.' && !text.startsWith('..');

/** Names of environment variables as every shell takes them; the API itself is looser. */
export const isEnvName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
