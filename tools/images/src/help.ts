/** What `--help` prints. */
export const help = `OCI images without a Docker engine.

Usage: npm run -s images -- <command> [options]

Commands
  build [IMAGE...]    write each image as an OCI layout tar and print its path; without a name: all of them
  bundle APP FILE     bundle an app (coordinator or api-server) to one ES module
  list                print the images and their full names

Images
  coordinator         docker.io/library/danube-coordinator:latest
  api-server          docker.io/library/danube-api:latest
  node                danube.local/node:24      a shell and Node, for workers that run JavaScript
  busybox             danube.local/busybox:1    a shell and the usual tools, for workers

Options
  --out DIR           where "build" writes (default: tmp/images of the repository)
  --help, -h          this text

The images are made of this machine's Node, its shared libraries and Debian's busybox-static, so they are for this
machine's architecture and for tests. For production use apps/*/Dockerfile.

Into the test cluster: npm run -s cluster -- load-image $(npm run -s images -- build)
`;
