export { APP_USER, appImages, buildAppImage, bundleApp, type App } from './app-images.ts';
export { buildImages } from './cli.ts';
export { ImageError, type ImageErrorCode } from './errors.ts';
export {
  buildBusyboxImage,
  buildCorednsImage,
  buildNodeImage,
  buildPauseImage,
  buildRegistryImage,
  testImages,
  type ImageTarget,
} from './images.ts';
export type { ImageFile } from './oci.ts';
