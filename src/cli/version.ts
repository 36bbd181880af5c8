/** The version of tandem, as package.json has it. */
import { version as packageVersion } from "../../package.json";

export const version: string = packageVersion;
