import { version as packageVersion } from "../../package.json";

/** The version of tandem. */
export const version: string = packageVersion;
