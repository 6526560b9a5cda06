/**
 * What a part of the tool chain is, and what it is given. Only types.
 *
 * @typedef {object} Context
 * @property {string} root the clone
 * @property {string} cache see `cacheRoot`
 * @property {NodeJS.ProcessEnv} env the settings
 * @property {(part: string) => string} log log file of a part
 *
 * @typedef {object} Toolchain
 * @property {string} pulumi absolute path of the CLI
 * @property {string} pulumiHome PULUMI_HOME with the plugins
 * @property {string[]} pathDirs to put in front of PATH for the CLI
 * @property {string} motoPython Python of moto's virtual environment
 * @property {string} pebble Let's Encrypt's ACME server for tests
 * @property {string} machineImage root filesystem of the machines, an ext4 file
 * @property {Record<string, "real" | "stand-in">} plugins
 * @property {string} [chromium] the tests' browser
 *
 * @typedef {object} Had a part that is there
 * @property {string} took what was taken, such as "real, 3.220.0"
 * @property {Partial<Toolchain>} values
 *
 * @typedef {object} Missing a part that has to be installed
 * @property {string} what for the list of what will be installed
 * @property {(values: Partial<Toolchain>) => Promise<Had>} install is given the values of the parts it needs
 *
 * @typedef {object} Part
 * @property {string} name
 * @property {readonly string[]} needs names of parts that must be there before this one is installed
 * @property {(context: Context) => Promise<Had | Missing>} look never changes anything
 */
export {};
